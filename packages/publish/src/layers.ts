import {
  type BelowHead,
  type ChannelRow,
  channelLayers,
  channelsBelow,
  type Db,
  findChannelById,
  headsBelow,
  type LayerRow,
  type LayerState,
  type PublicationInput,
  reservedPatterns,
} from '@sluice/catalog';
import {
  asItCame,
  type ChannelFilters,
  type LayerDefinition,
  layerRules,
  type MirrorFilters,
  type NeededSet,
  type PackageType,
  type Rule,
  takesNeeded,
} from '@sluice/policy';

/** A layer with its rules compiled. */
export interface RuledLayer extends LayerRow {
  rules: readonly Rule[];
  /** A package name that a tier shows hides that name in all tiers of a higher number. */
  tier: number;
  /** Patterns of the names that are kept from it. */
  reserved: readonly string[];
  /** Of a channel below: the layer it is there, which rules of that channel judge first. */
  below?: { channelId: number; layer: RuledLayer; layers: readonly RuledLayer[] };
}

/** A layer as publications are made of it. */
export interface PublishedLayer extends RuledLayer {
  /**
   * Of a channel below: the publication that says which records it shows, and through whose patches they are seen, the
   * lowest channel's first.
   */
  shownBy?: Pick<BelowHead, 'channel_id' | 'no'> & { patches: NonNullable<PublicationInput['patches']> };
}

/** Says which files come along with what a layer's filters choose. */
export type NeededFilesOf = (layer: LayerState) => Promise<NeededSet>;

type RuledChannel = Pick<ChannelRow, 'id' | 'types' | 'filters' | 'name_priority'>;

/**
 * The layers of a channel as downloads are judged by: its own, then those of each channel below as they are there now, and
 * the rules in force for each.
 */
export async function ruledLayers(db: Db, channel: RuledChannel, neededFiles: NeededFilesOf): Promise<RuledLayer[]> {
  const layers = await ownLayers(db, channel, neededFiles);
  for (const [k, { id }] of (await channelsBelow(db, channel.id)).entries()) {
    const below = await findChannelById(db, id);
    const theirs = below ? await ruledLayers(db, below, neededFiles) : [];
    for (const layer of theirs) {
      const place = { ...layer, layer: belowName(id), tier: belowTier(channel, k), reserved: [] };
      layers.push({ ...place, rules: ownRules(channel), below: { channelId: id, layer, layers: theirs } });
    }
  }
  return layers;
}

/**
 * The layers of a channel as publications are made of: its own, then of each channel below one for everything its head was
 * made from.
 */
export async function publishedLayers(
  db: Db,
  channel: RuledChannel,
  neededFiles: NeededFilesOf,
): Promise<PublishedLayer[]> {
  const layers: PublishedLayer[] = await ownLayers(db, channel, neededFiles);
  for (const [k, head] of (await headsBelow(db, channel.id)).entries()) {
    layers.push(...headLayers(head, { rules: ownRules(channel), tier: belowTier(channel, k) }));
  }
  return layers;
}

/** The layers that the head of a channel below brings, one for everything it was made from. */
export function headLayers(
  { channel_id, no, inputs, patch_rev }: BelowHead,
  { rules, tier }: Pick<PublishedLayer, 'rules' | 'tier'>,
): PublishedLayer[] {
  return inputs.map(({ source_id, revision, patches = [] }) => ({
    layer: belowName(channel_id),
    source_id,
    source_url: null,
    revision,
    mirror: null,
    rules,
    tier,
    reserved: [],
    shownBy: { channel_id, no, patches: patch_rev === 0 ? patches : [...patches, { channel_id, patch_rev }] },
  }));
}

/** What a layer is called that a channel below brings. */
export function belowName(channelId: number | ''): string {
  return `below:${channelId}`;
}

/** The uploads and the mirrors. */
async function ownLayers(db: Db, channel: RuledChannel, neededFiles: NeededFilesOf): Promise<RuledLayer[]> {
  const layers: RuledLayer[] = [];
  const patterns = await reservedPatterns(db);
  for (const layer of await channelLayers(db, channel.id)) {
    const { mirror, source_id: sourceId, revision } = layer;
    const reserved = mirror && !mirror.internal ? patterns : [];
    const definition = definitionOf(channel, mirror && { ...mirror, reserved });
    const needed =
      mirror && takesNeeded(mirror.filters)
        ? await (mirror.kept ? asItCame : neededFiles({ sourceId, revision, definition }))
        : undefined;
    const tier = mirror && channel.name_priority === 'strict' ? 1 : 0;
    layers.push({ ...layer, tier, reserved, rules: layerRules(definition, needed) });
  }
  return layers;
}

/** What decides over a layer of a channel; always written the same way, since its digest is a key. */
export function definitionOf(
  { types, filters }: { types: readonly string[]; filters: ChannelFilters },
  mirror: { filters: MirrorFilters; keep_legacy: boolean; reserved?: readonly string[] } | null,
): LayerDefinition {
  const { reserved = [] } = mirror ?? {};
  return {
    types: types as PackageType[],
    channel: filters,
    ...(mirror && {
      mirror: {
        filters: mirror.filters,
        keepLegacy: mirror.keep_legacy,
        ...(reserved.length > 0 ? { reserved } : {}),
      },
    }),
  };
}

/** The rules that a channel has for everything, and the only ones for what channels below bring. */
export function ownRules({ types, filters }: Pick<RuledChannel, 'types' | 'filters'>): readonly Rule[] {
  return layerRules({ types: types as PackageType[], channel: filters });
}

/** Where nothing hides by name, all layers are of one tier. */
function belowTier({ name_priority }: RuledChannel, k: number): number {
  return name_priority === 'strict' ? 2 + k : 0;
}
