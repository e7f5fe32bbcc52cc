import { type ChannelRow, headsBelow } from '@sluice/catalog';
import { packageTypeOf } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import { headLayers, ownRules, type PublishedLayer, type RuledLayer } from './layers.ts';
import { showsName } from './shows-name.ts';

/** Where a layer stands in its channel, as far as it takes to know what is above it. */
interface LayerPlace {
  channelId: number;
  layers: readonly RuledLayer[];
  /** `rules`: the channel's own, where `below` says that it is of a channel below. */
  layer: Pick<RuledLayer, 'tier' | 'rules'> & { below?: { channelId: number } };
}

/**
 * Whether a channel shows a package name above its mirrors, or above one of the channels below it (by its number), so that it
 * shows nothing that these have of it: then no upstream need be asked, nor told that there is such a name.
 */
export async function isHiddenFrom(
  deps: ReadingDeps,
  channel: ChannelRow,
  layers: readonly RuledLayer[],
  place: 'mirrors' | number,
  part: string,
  name: string,
): Promise<boolean> {
  if (channel.name_priority !== 'strict') return false;
  const rules = ownRules(channel);
  const layer = place === 'mirrors' ? { tier: 1, rules } : { tier: Infinity, rules, below: { channelId: place } };
  return isHiddenAbove(deps, { channelId: channel.id, layers, layer }, part, name);
}

/**
 * Whether a tier above a layer's, in its channel, shows this package name in any part of its type now, so that nothing of
 * the name is shown from this layer.
 */
export async function isHiddenAbove(
  deps: ReadingDeps,
  { channelId, layer, layers }: LayerPlace,
  part: string,
  name: string,
): Promise<boolean> {
  const higher: PublishedLayer[] = layers.filter((one) => !one.below && one.tier < layer.tier);
  if (layer.below && layer.tier > 0) {
    const heads = await headsBelow(deps.db, channelId);
    const place = heads.findIndex(({ channel_id }) => channel_id === layer.below!.channelId);
    for (const head of heads.slice(0, Math.max(0, place))) {
      higher.push(...headLayers(head, { rules: layer.rules, tier: layer.tier }));
    }
  }
  for (const one of higher) if (await showsName(deps, channelId, one, packageTypeOf(part), name)) return true;
  return false;
}
