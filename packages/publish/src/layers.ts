import { type ChannelRow, channelLayers, type Db, type LayerRow, type LayerState } from '@sluice/catalog';
import {
  type FileNames,
  type LayerDefinition,
  layerRules,
  type PackageType,
  type Rule,
  takesNeededNoarch,
} from '@sluice/policy';

/** A layer with its rules compiled. */
export interface RuledLayer extends LayerRow {
  rules: readonly Rule[];
}

/** Says which noarch files come along with a layer that names platforms only. */
export type NeededNoarch = (layer: LayerState) => Promise<FileNames>;

/** The layers of a channel and the rules in force for each now. */
export async function ruledLayers(
  db: Db,
  channel: Pick<ChannelRow, 'id' | 'types' | 'filters'>,
  neededNoarch: NeededNoarch,
): Promise<RuledLayer[]> {
  const layers: RuledLayer[] = [];
  for (const layer of await channelLayers(db, channel.id)) {
    const { mirror, source_id: sourceId, revision } = layer;
    const definition: LayerDefinition = {
      types: channel.types as PackageType[],
      channel: channel.filters,
      ...(mirror && { mirror: { filters: mirror.filters, keepLegacy: mirror.keep_legacy } }),
    };
    const needed =
      mirror && takesNeededNoarch(mirror.filters) ? await neededNoarch({ sourceId, revision, definition }) : undefined;
    layers.push({ ...layer, rules: layerRules(definition, needed) });
  }
  return layers;
}
