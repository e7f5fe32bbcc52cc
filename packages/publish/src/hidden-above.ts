import { headsBelow, partsHaving } from '@sluice/catalog';
import { fileRange, packageTypeOf } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import type { Level } from './layer-levels.ts';
import { headLayers, type PublishedLayer } from './layers.ts';
import { subdirPatches } from './patches.ts';
import { loadLayers } from './selection.ts';

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
  const type = packageTypeOf(part);
  const scope = { touched: new Set([name]), from: 'columns' } as const;
  for (const one of higher) {
    for (const subdir of await partsHaving(deps.db, one, fileRange(type, name))) {
      if (packageTypeOf(subdir) !== type) continue;
      const { inForce: patch } = await subdirPatches(deps.db, channelId, subdir);
      const [loaded] = await loadLayers(deps, [one], { ...scope, subdir, patch });
      if (loaded!.verdicts.includes(0)) return true;
    }
  }
  return false;
}
