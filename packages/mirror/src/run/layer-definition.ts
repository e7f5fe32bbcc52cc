import { findChannelById, reservedAgainst } from '@sluice/catalog';
import type { LayerDefinition, PackageType } from '@sluice/policy';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';

/** What decides over a mirror's layer now. @throws {MirrorError} `mirror_missing` when its channel is gone. */
export async function layerDefinition(
  deps: Pick<MirrorDeps, 'db'>,
  mirror: {
    id: string;
    channel_id: number;
    filters: NonNullable<LayerDefinition['mirror']>['filters'];
    keep_legacy: boolean;
    internal: boolean;
  },
): Promise<LayerDefinition> {
  const channel = await findChannelById(deps.db, mirror.channel_id);
  if (!channel) throw new MirrorError('mirror_missing', 'The channel of the mirror was deleted.', { found: mirror.id });
  return {
    types: channel.types as PackageType[],
    channel: channel.filters,
    mirror: {
      filters: mirror.filters,
      keepLegacy: mirror.keep_legacy,
      ...(await reservedAgainst(deps.db, mirror)),
    },
  };
}
