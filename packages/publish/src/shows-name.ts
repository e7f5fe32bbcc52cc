import { partsHaving } from '@sluice/catalog';
import { fileRange, type PackageType, packageTypeOf } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import type { PublishedLayer } from './layers.ts';
import { subdirPatches } from './patches.ts';
import { loadLayers } from './selection.ts';

/** Whether a layer of a channel has anything of a package name that its rules let through, in whatever part of the type. */
export async function showsName(
  deps: ReadingDeps,
  channelId: number,
  layer: PublishedLayer,
  type: PackageType,
  name: string,
): Promise<boolean> {
  const scope = { touched: new Set([name]), from: 'columns' } as const;
  for (const subdir of await partsHaving(deps.db, layer, fileRange(type, name))) {
    if (packageTypeOf(subdir) !== type) continue;
    const { inForce: patch } = await subdirPatches(deps.db, { channelId }, subdir);
    const [loaded] = await loadLayers(deps, [layer], { ...scope, subdir, patch });
    if (loaded!.verdicts.includes(0)) return true;
  }
  return false;
}
