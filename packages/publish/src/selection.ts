import { failedFiles, partSubdirs } from '@sluice/catalog';
import type { PublishDeps } from './deps.ts';
import type { RuledLayer } from './layers.ts';
import { partFacts } from './part-facts.ts';
import { hideBelow, type LayerSelection, selectLayer } from './select.ts';

/** A layer with the facts of one subdir and the verdicts on them. */
export interface LoadedLayer extends LayerSelection {
  layer: RuledLayer;
}

/** The subdirs that any layer has something of, in byte order. */
export async function channelSubdirs(deps: PublishDeps, layers: readonly RuledLayer[]): Promise<string[]> {
  const subdirs = await Promise.all(layers.map((layer) => partSubdirs(deps.db, layer.source_id)));
  return [...new Set(subdirs.flat())].sort();
}

/** Judge everything the layers have of one subdir and lay them over each other. */
export async function loadSelection(
  deps: PublishDeps,
  layers: readonly RuledLayer[],
  subdir: string,
): Promise<LoadedLayer[]> {
  const loaded: LoadedLayer[] = [];
  for (const layer of layers) {
    const facts = await partFacts(deps, layer, subdir);
    const failed = layer.mirror?.failed_run_id ? await failedFiles(deps.db, layer.mirror.failed_run_id, subdir) : [];
    loaded.push({ layer, ...selectLayer(layer.rules, facts, new Set(failed)) });
  }
  hideBelow(loaded);
  return loaded;
}
