import { type ChannelRow, findChannelById, reservedAgainst } from '@sluice/catalog';
import type { LayerDefinition, MirrorFilters, PackageType } from '@sluice/policy';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';

/** What a mirror says of its layer. */
interface RuledMirror {
  filters: MirrorFilters;
  keep_legacy: boolean;
  internal: boolean;
}

/** What decides over a mirror's layer now. @throws {MirrorError} `mirror_missing` when its channel is gone. */
export async function layerDefinition(
  deps: Pick<MirrorDeps, 'db'>,
  mirror: RuledMirror & { id: string; channel_id: number },
): Promise<LayerDefinition> {
  const channel = await findChannelById(deps.db, mirror.channel_id);
  if (!channel) throw new MirrorError('mirror_missing', 'The channel of the mirror was deleted.', { found: mirror.id });
  return definitionIn(deps, channel, mirror);
}

/** What would decide over the layer of a mirror in a channel: the filters of both, and the names that are kept from it. */
export async function definitionIn(
  { db }: Pick<MirrorDeps, 'db'>,
  channel: Pick<ChannelRow, 'types' | 'filters'>,
  mirror: RuledMirror,
): Promise<LayerDefinition> {
  return {
    types: channel.types as PackageType[],
    channel: channel.filters,
    mirror: { filters: mirror.filters, keepLegacy: mirror.keep_legacy, ...(await reservedAgainst(db, mirror)) },
  };
}
