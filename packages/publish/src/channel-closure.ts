import { findRecords, type LayerState, type Part } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import {
  type BrokenBy,
  type BrokenDependency,
  brokenDependencies,
  type ChannelFilters,
  type Depends,
  dependsOf,
  type Facts,
  type JudgedPart,
  metSpecs,
  type NeededSet,
  neededName,
  type Rest,
} from '@sluice/policy';
import type { ReadingDeps } from './deps.ts';
import { type PublishedLayer, publishedLayers } from './layers.ts';
import { partsOfType } from './parts-of-type.ts';
import { patchesAt } from './patches.ts';
import { type LoadedLayer, loadSelection } from './selection.ts';
import { patchedThrough } from './shown-text.ts';
import { namesAbove } from './tiers.ts';
import type { Touched } from './touched.ts';

/** What checking a channel works with. */
export interface ClosureDeps extends ReadingDeps {
  neededFiles: (layer: LayerState) => Promise<NeededSet>;
  /** What the files of a part depend on, read from its records. */
  dependsOf: (part: Part, revision: number, facts: Facts) => Depends;
}

/** A channel, as its rules say it or would say it. */
export type CheckedChannel = Parameters<typeof publishedLayers>[1] & { patch_rev: number };

/**
 * The packages that a channel shows and that depend on what it does not: conda's by subdir and noarch, R's by tree. Of Python
 * nothing is known without an environment.
 *
 * Judges everything the channel has and reads the records of all that is shown, which takes as long as a publication from scratch.
 *
 * @param by `rules`: only what a rule of the channel or a mirror took out.
 * @see product.md SE-08
 */
export async function channelClosure(
  deps: ClosureDeps,
  channel: CheckedChannel,
  by: BrokenBy,
  rest?: Rest,
): Promise<BrokenDependency[]> {
  const layers = await publishedLayers(deps.db, channel, deps.neededFiles);
  const broken: BrokenDependency[] = [];
  for (const type of ['conda', 'r'] as const) {
    const parts = await judgedParts(deps, channel, layers, type, 'all');
    broken.push(...(await brokenDependencies(parts, by, rest ? { rest } : {})));
  }
  return broken;
}

/** What would be broken under other filters of the channel, and is not now. */
export async function brokenByFilters(
  deps: ClosureDeps,
  channel: CheckedChannel,
  filters: ChannelFilters,
  rest?: Rest,
): Promise<BrokenDependency[]> {
  const now = new Set((await channelClosure(deps, channel, 'rules', rest)).map(keyOf));
  const then = await channelClosure(deps, { ...channel, filters }, 'rules', rest);
  return then.filter((one) => !now.has(keyOf(one)));
}

const keyOf = ({ subdir, package: name, spec }: BrokenDependency) => `${subdir}/${name}/${spec}`;

/** Which specs that files of a part depend on something else of the channel satisfies than the mirror in question. */
export async function metBeside(
  deps: ClosureDeps,
  channel: CheckedChannel,
  mirrorId: string | undefined,
  subdir: string,
  specs: readonly string[],
): Promise<ReadonlySet<string>> {
  const layers = await publishedLayers(deps.db, channel, deps.neededFiles);
  const others = layers.filter(({ layer }) => layer !== mirrorId);
  const type = packageTypeOf(subdir);
  const names = new Set(specs.flatMap((spec) => neededName(type, spec) ?? []));
  const parts = others.length > 0 && names.size > 0 ? await judgedParts(deps, channel, others, type, names) : [];
  return metSpecs(subdir, specs, parts);
}

async function judgedParts(
  deps: ClosureDeps,
  channel: CheckedChannel,
  layers: readonly PublishedLayer[],
  type: PackageType,
  touched: Touched,
): Promise<JudgedPart[]> {
  if (layers.length === 0) return [];
  const patches = await patchesAt(deps.db, channel.id, channel.patch_rev);
  const readingOf = async (part: string) => ({ patch: await patches.of(part), from: 'columns' as const });
  const above = await namesAbove(deps, layers, type, touched, readingOf);
  const judged: JudgedPart[] = [];
  for (const subdir of await partsOfType(deps, layers, type)) {
    const scope = { subdir, touched, ...(await readingOf(subdir)) };
    for (const loaded of await loadSelection(deps, layers, scope, above)) {
      const { facts, verdicts, layer } = loaded;
      if (facts.count > 0) judged.push({ facts, verdicts, rules: layer.rules, depends: patchedDepends(deps, loaded) });
    }
  }
  return judged;
}

/** What the files of a layer depend on as the channel's patches show them. */
function patchedDepends(deps: ClosureDeps, { facts, layer, patches }: LoadedLayer): Depends {
  const part = { source_id: layer.source_id, subdir: facts.subdir };
  const plain = deps.dependsOf(part, layer.revision, facts);
  if (patches.length === 0) return plain;
  const named = new Set(patches.flatMap((patch) => [...patch.keys()]));
  return {
    async each(isWanted, take) {
      const patched = new Map<string, number>();
      for (let row = 0; row < facts.count; row++) {
        const file = isWanted(row) ? facts.file(row) : '';
        if (named.has(file)) patched.set(file, row);
      }
      const rows = new Set(patched.values());
      await plain.each((row) => isWanted(row) && !rows.has(row), take);
      await eachPatched(deps, part, layer.revision, patches, patched, take);
    },
  };
}

/** Records read at once. */
const portion = 5000;

async function eachPatched(
  { db }: ClosureDeps,
  part: Part,
  revision: number,
  patches: readonly PatchInstructions[],
  rows: ReadonlyMap<string, number>,
  take: (row: number, depends: readonly string[]) => void,
): Promise<void> {
  const read = dependsOf(part.subdir);
  const files = [...rows.keys()];
  for (let at = 0; at < files.length; at += portion) {
    for (const record of await findRecords(db, part, files.slice(at, at + portion), revision)) {
      const shown = patchedThrough(patches, record);
      if (shown) take(rows.get(record.file)!, read(shown.body));
    }
  }
}
