import { failedFiles, findRecords } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import { packageNameOf } from '@sluice/formats/package';
import { addRecords, type Facts, factsBuilder, replacedFacts } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import type { RuledLayer } from './layers.ts';
import { factsOfNames } from './names-facts.ts';
import { partFacts, renewedFacts } from './part-facts.ts';
import { hideBelow, type LayerSelection, selectLayer } from './select.ts';
import { patchedText, type ShownText } from './shown-text.ts';
import type { Touched } from './touched.ts';

/** A layer with the facts of one subdir and the verdicts on them. */
export interface LoadedLayer extends LayerSelection {
  layer: RuledLayer;
  /** What is shown of its files, where the facts come from the records themselves. */
  texts?: ReadonlyMap<string, ShownText>;
}

/** What of a subdir is to be judged. */
export interface SubdirScope {
  subdir: string;
  touched: Touched;
  patch: PatchInstructions | undefined;
  /** `columns`: the facts as they were written down. `records`: as the records say, and written down anew. */
  from: 'columns' | 'records';
}

/** Up to so many names, their records are read instead of the columns of all. */
const fewNames = 1000;

/** Judge what the layers have of the touched names of one subdir and lay them over each other. */
export async function loadSelection(
  deps: PublishDeps,
  layers: readonly RuledLayer[],
  scope: SubdirScope,
): Promise<LoadedLayer[]> {
  const loaded: LoadedLayer[] = [];
  for (const layer of layers) {
    const { facts, texts } = await loadFacts(deps, layer, scope);
    const failed = layer.mirror?.failed_run_id
      ? await failedFiles(deps.db, layer.mirror.failed_run_id, scope.subdir)
      : [];
    loaded.push({ layer, ...(texts && { texts }), ...selectLayer(layer.rules, facts, scope.touched, new Set(failed)) });
  }
  hideBelow(loaded);
  return loaded;
}

async function loadFacts(
  deps: PublishDeps,
  layer: RuledLayer,
  { subdir, touched, patch, from }: SubdirScope,
): Promise<{ facts: Facts; texts?: ReadonlyMap<string, ShownText> }> {
  if (touched !== 'all' && touched.size <= fewNames) return factsOfNames(deps, layer, subdir, [...touched], patch);
  const all = from === 'records' ? await renewedFacts(deps, layer, subdir) : await partFacts(deps, layer, subdir);
  return { facts: patch ? await patchedFacts(deps, layer, all, touched, patch) : all };
}

/** Files whose records are read at once: documents of patches may name hundreds of thousands. */
const portion = 5000;

/** Rules judge a record as the channel shows it. Of other names than the touched ones nothing is read. */
async function patchedFacts(
  { db }: PublishDeps,
  { source_id, revision }: RuledLayer,
  facts: Facts,
  touched: Touched,
  patch: PatchInstructions,
): Promise<Facts> {
  const part = { source_id, subdir: facts.subdir };
  const names = touched === 'all' ? new Set(facts.names) : touched;
  const files = [...patch.keys()].filter((file) => names.has(packageNameOf('conda', file)));
  const patched = factsBuilder(facts.subdir);
  const changed: string[] = [];
  for (let at = 0; at < files.length; at += portion) {
    for (const record of await findRecords(db, part, files.slice(at, at + portion), revision)) {
      const shown = patchedText(patch, record);
      if (shown?.body === record.body && shown.extra === record.extra) continue;
      changed.push(record.file);
      if (shown) addRecords(patched, [{ ...record, ...shown }]);
    }
  }
  return changed.length === 0 ? facts : replacedFacts(facts, changed, patched.build());
}
