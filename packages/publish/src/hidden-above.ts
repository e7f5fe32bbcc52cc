import { headsBelow } from '@sluice/catalog';
import { packageTypeOf } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import type { Level } from './layer-levels.ts';
import { headLayers, type PublishedLayer } from './layers.ts';
import { showsName } from './shows-name.ts';

/**
 * Whether a tier above a layer's, in its channel, shows this package name in any part of its type now, so that nothing of
 * the name is shown from this layer.
 */
export async function isHiddenAbove(
  deps: ReadingDeps,
  { channelId, layer, layers }: Level,
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
