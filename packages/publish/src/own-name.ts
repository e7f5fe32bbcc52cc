import { channelLayers, findChannelById } from '@sluice/catalog';
import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import { layerRules } from '@sluice/policy';
import type { ReadingDeps } from './deps.ts';
import { showsName } from './shows-name.ts';

/**
 * Whether a channel shows packages of its own under a name, so that it shows nothing else of that name: then no upstream need
 * be asked for it, nor told that there is such a name.
 */
export async function isOwnName(deps: ReadingDeps, channelId: number, part: string, name: string): Promise<boolean> {
  const channel = await findChannelById(deps.db, channelId);
  if (channel?.name_priority !== 'strict') return false;
  const uploads = (await channelLayers(deps.db, channelId)).find(({ mirror }) => !mirror);
  if (!uploads) return false;
  const rules = layerRules({ types: channel.types as PackageType[], channel: channel.filters });
  const layer = { ...uploads, rules, tier: 0, reserved: [] };
  return showsName(deps, channelId, layer, packageTypeOf(part), name);
}
