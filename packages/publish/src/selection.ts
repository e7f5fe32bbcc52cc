import { failedFiles, findRecords } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import { packageNameOf } from '@sluice/formats/package';
import { addRecords, type Facts, factsBuilder, recordHash, replacedFacts } from '@sluice/policy';
import type { PublishDeps, ReadingDeps } from './deps.ts';
import type { PublishedLayer } from './layers.ts';
import type { WordSet } from './monolith/word-set.ts';
import { factsOfNames } from './names-facts.ts';
import { partFacts, renewedFacts } from './part-facts.ts';
import { patchesAt } from './patches.ts';
import { hideBelow, hideUnlisted, type LayerSelection, type OnHidden, type ShownFacts, selectLayer } from './select.ts';
import { patchedThrough, type ShownText } from './shown-text.ts';
import type { NamesAbove } from './tiers.ts';
import type { Touched } from './touched.ts';
import { wordsAt } from './words-below.ts';

/** A layer with the facts of one subdir and the verdicts on them. */
export interface LoadedLayer extends LayerSelection {
  layer: PublishedLayer;
  /** What its records of this subdir are seen through, the lowest channel's first. */
  patches: readonly PatchInstructions[];
  /** What is shown of its files, where the facts come from the records themselves. */
  texts?: ReadonlyMap<string, ShownText>;
}

/** A layer that is judged and laid over others: what is left is to choose its shards. */
export interface JudgedLayer extends Omit<LoadedLayer, 'facts'> {
  facts: ShownFacts;
}

/** A layer without what is only needed to judge. */
export function judgedLayer({ facts, ...layer }: LoadedLayer): JudgedLayer {
  const { count, names, name, files, file, length, recordHash, v3 } = facts;
  return { ...layer, facts: { count, names, name, files, file, length, recordHash, v3 } };
}

/** What the shards of a layer are made with, once they are chosen. */
export interface ShardLayer extends Pick<LoadedLayer, 'layer' | 'patches' | 'texts'> {
  /** The name of the file in each row. */
  files: Facts['files'];
}

/** A layer without what is only needed to choose: the facts of many files are most of what a publication holds. */
export function shardLayer({ layer, patches, texts, facts }: JudgedLayer): ShardLayer {
  return { layer, patches, ...(texts && { texts }), files: facts.files };
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
const usualFewNames = 1000;

/**
 * Judge what the layers have of the touched names of one subdir and lay them over each other.
 *
 * @param above the names that higher tiers show, in whatever subdir.
 */
export async function loadSelection(
  deps: ReadingDeps,
  layers: readonly PublishedLayer[],
  scope: SubdirScope,
  above: NamesAbove,
  onHidden?: OnHidden,
): Promise<LoadedLayer[]> {
  const loaded = await loadLayers(deps, layers, scope);
  hideBelow(loaded, (k) => layers[k]!.tier, above, onHidden);
  return loaded;
}

/** Judge what the layers have of the touched names of one subdir, each for itself. */
export async function loadLayers(
  deps: ReadingDeps,
  layers: readonly PublishedLayer[],
  scope: SubdirScope,
): Promise<LoadedLayer[]> {
  const loaded: LoadedLayer[] = [];
  const listed = new Map<number, WordSet>();
  for (const layer of layers) {
    const { shownBy, mirror } = layer;
    const patchesBelow = await patchesOf(deps, layer, scope.subdir);
    const patches = scope.patch ? [...patchesBelow, scope.patch] : patchesBelow;
    const { facts, texts } = await loadFacts(deps, layer, scope, patches);
    const failed = mirror?.failed_run_id ? await failedFiles(deps.db, mirror.failed_run_id, scope.subdir) : [];
    const selection = selectLayer(layer.rules, facts, scope.touched, new Set(failed));
    if (shownBy && facts.count > 0) {
      const words = listed.get(shownBy.channel_id) ?? (await wordsAt(deps, shownBy, scope.subdir, scope.touched));
      listed.set(shownBy.channel_id, words);
      hideUnlisted(selection, words, await wordsBelow(deps, layer, facts, scope, patchesBelow));
    }
    loaded.push({ layer, patches, ...(texts && { texts }), ...selection });
  }
  return loaded;
}

/** What a layer of a channel below is seen through there. */
async function patchesOf(
  { db }: Pick<PublishDeps, 'db'>,
  { shownBy }: PublishedLayer,
  subdir: string,
): Promise<PatchInstructions[]> {
  const theirs: (PatchInstructions | undefined)[] = [];
  for (const { channel_id, patch_rev } of shownBy?.patches ?? []) {
    theirs.push(await (await patchesAt(db, channel_id, patch_rev)).of(subdir));
  }
  return theirs.filter((one) => one !== undefined);
}

/** The words that files named by this channel's own patches have in the channel below: their facts are patched already. */
async function wordsBelow(
  { db }: ReadingDeps,
  { source_id, revision }: PublishedLayer,
  facts: Facts,
  { subdir, touched, patch }: SubdirScope,
  patchesBelow: readonly PatchInstructions[],
): Promise<Map<string, readonly [number, number]>> {
  const words = new Map<string, readonly [number, number]>();
  const files = patch ? namedFiles([patch], facts, touched) : [];
  for (let at = 0; at < files.length; at += portion) {
    for (const record of await findRecords(db, { source_id, subdir }, files.slice(at, at + portion), revision)) {
      const shown = patchedThrough(patchesBelow, record);
      if (shown) words.set(record.file, recordHash(record.file, shown.body, shown));
    }
  }
  return words;
}

/** The files of touched names that patches say something of. */
function namedFiles(patches: readonly PatchInstructions[], facts: Facts, touched: Touched): string[] {
  const names = touched === 'all' ? new Set(facts.names) : touched;
  const named = new Set(patches.flatMap((patch) => [...patch.keys()]));
  return [...named].filter((file) => names.has(packageNameOf('conda', file)));
}

async function loadFacts(
  deps: ReadingDeps,
  layer: PublishedLayer,
  { subdir, touched, from }: SubdirScope,
  patches: readonly PatchInstructions[],
): Promise<{ facts: Facts; texts?: ReadonlyMap<string, ShownText> }> {
  const { fewNames = usualFewNames } = deps;
  if (touched !== 'all' && touched.size <= fewNames) return factsOfNames(deps, layer, subdir, [...touched], patches);
  const all = from === 'records' ? await renewedFacts(deps, layer, subdir) : await partFacts(deps, layer, subdir);
  return { facts: patches.length > 0 ? await patchedFacts(deps, layer, all, touched, patches) : all };
}

/** Files whose records are read at once: documents of patches may name hundreds of thousands. */
const portion = 5000;

/** Rules judge a record as the channel shows it. Of other names than the touched ones nothing is read. */
async function patchedFacts(
  { db }: ReadingDeps,
  { source_id, revision }: PublishedLayer,
  facts: Facts,
  touched: Touched,
  patches: readonly PatchInstructions[],
): Promise<Facts> {
  const part = { source_id, subdir: facts.subdir };
  const files = namedFiles(patches, facts, touched);
  const patched = factsBuilder(facts.subdir);
  const changed: string[] = [];
  for (let at = 0; at < files.length; at += portion) {
    for (const record of await findRecords(db, part, files.slice(at, at + portion), revision)) {
      const shown = patchedThrough(patches, record);
      if (shown?.body === record.body && shown.extra === record.extra) continue;
      changed.push(record.file);
      if (shown) addRecords(patched, [{ ...record, ...shown }]);
    }
  }
  return changed.length === 0 ? facts : replacedFacts(facts, changed, patched.build());
}
