import type { ChannelRow } from '@sluice/catalog';
import { type MirrorDeps, MirrorError, type MirrorInfo, mirrorInfo } from '@sluice/mirror';

/** A mirror by its id, if it is one of this channel. */
export async function mirrorOf(deps: MirrorDeps, channel: ChannelRow, id: string): Promise<MirrorInfo> {
  const info = await mirrorInfo(deps, id);
  if (info.channel.id === channel.id) return info;
  throw new MirrorError('mirror_missing', `The channel ${channel.path} has no mirror ${id}.`, { found: id });
}
