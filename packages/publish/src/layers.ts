import { type ChannelRow, channelLayers, type Db, type LayerRow } from '@sluice/catalog';
import { layerRules, type PackageType, type Rule } from '@sluice/policy';

/** A layer with its rules compiled. */
export interface RuledLayer extends LayerRow {
  rules: readonly Rule[];
}

/** The layers of a channel and the rules in force for each now. */
export async function ruledLayers(
  db: Db,
  channel: Pick<ChannelRow, 'id' | 'types' | 'filters'>,
): Promise<RuledLayer[]> {
  const layers = await channelLayers(db, channel.id);
  return layers.map((layer) => ({
    ...layer,
    rules: layerRules({
      types: channel.types as PackageType[],
      channel: channel.filters,
      ...(layer.mirror && { mirror: { filters: layer.mirror.filters, keepLegacy: layer.mirror.keep_legacy } }),
    }),
  }));
}
