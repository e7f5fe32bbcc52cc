import {
  changedFiles,
  changedShardNames,
  type Db,
  failedFiles,
  findRun,
  type Part,
  sourceParts,
} from '@sluice/catalog';
import { changedPatches } from '@sluice/formats/conda';
import { takesNeededNoarch } from '@sluice/policy';
import type { Judged, JudgedLayer } from './judged.ts';
import { patchesAt } from './patches.ts';
import { nameOfFile, type TouchedSubdirs, touchedSubdirs } from './touched.ts';
import { touchedByFilters } from './touched-by-rules.ts';

/**
 * Which names may show something else than what was judged `before`: never too few. Asks only for what changed, so it takes
 * as long as that is much.
 *
 * @param shown the subdirs of which the head shows anything.
 */
export async function touchedNames(
  db: Db,
  channelId: number,
  { before, after, shown }: { before: Judged | undefined; after: Judged; shown: readonly string[] },
): Promise<TouchedSubdirs> {
  const touched = touchedSubdirs();
  const parts = await partsOf(db, [...(before?.layers ?? []), ...after.layers]);
  const subdirs = [...new Set([...shown, ...[...parts.values()].flatMap((some) => some.map(({ subdir }) => subdir))])];
  const rules = before && sameTypes(before, after) ? touchedByFilters(before.filters, after.filters) : 'all';
  for (const subdir of subdirs) touched.add(subdir, rules === 'all' ? undefined : rules);
  if (!before || rules === 'all') return touched;
  if (before.patch_rev !== after.patch_rev) await addPatched(db, channelId, before, after, touched);
  const channelChanged = rules.size > 0;
  for (const { old, now } of pairs(before, after)) {
    const layer = (now ?? old)!;
    const some = parts.get(layer.source_id) ?? [];
    if (old && now) await addLayer(db, old, now, some, touched, channelChanged);
    else await addRevisions(db, layer.source_id, some, 0, layer.revision, touched);
  }
  // Which layer is on top decides where two have the same file.
  for (const layer of moved(before, after))
    for (const { subdir } of parts.get(layer.source_id) ?? []) touched.add(subdir);
  return touched;
}

type PartState = Part & { revision: number };

async function partsOf(db: Db, layers: readonly JudgedLayer[]): Promise<Map<number, PartState[]>> {
  const parts = new Map<number, PartState[]>();
  for (const { source_id } of layers) {
    if (!parts.has(source_id)) parts.set(source_id, await sourceParts(db, source_id));
  }
  return parts;
}

function sameTypes(before: Judged, after: Judged): boolean {
  return JSON.stringify(before.types) === JSON.stringify(after.types);
}

const keyOf = ({ layer, source_id }: JudgedLayer) => `${layer}/${source_id}`;

/** Layers before and after, those of one source together. */
function pairs(before: Judged, after: Judged): { old?: JudgedLayer; now?: JudgedLayer }[] {
  const known = new Map<string, { old?: JudgedLayer; now?: JudgedLayer }>();
  for (const old of before.layers) known.set(keyOf(old), { old });
  for (const now of after.layers) known.set(keyOf(now), { ...known.get(keyOf(now)), now });
  return [...known.values()];
}

/** The layers that are there before and after, if their order is another. */
function moved(before: Judged, after: Judged): JudgedLayer[] {
  const [old, now] = [before.layers.map(keyOf), after.layers.map(keyOf)];
  const stayed = after.layers.filter((layer) => old.includes(keyOf(layer)));
  const order = old.filter((key) => now.includes(key));
  return stayed.some((layer, i) => keyOf(layer) !== order[i]) ? stayed : [];
}

async function addLayer(
  db: Db,
  old: JudgedLayer,
  now: JudgedLayer,
  parts: readonly PartState[],
  touched: TouchedSubdirs,
  channelChanged: boolean,
): Promise<void> {
  const [from, to] = [Math.min(old.revision, now.revision), Math.max(old.revision, now.revision)];
  await addRevisions(db, now.source_id, parts, from, to, touched);
  if (!old.mirror || !now.mirror) return;
  const rules =
    old.mirror.keep_legacy === now.mirror.keep_legacy
      ? touchedByFilters(old.mirror.filters, now.mirror.filters)
      : 'all';
  for (const { subdir } of parts) touched.add(subdir, rules === 'all' ? undefined : rules);
  const changed = channelChanged || from !== to || rules === 'all' || rules.size > 0;
  // What comes along of noarch depends on everything that is kept of the platforms.
  if (changed && (takesNeededNoarch(old.mirror.filters) || takesNeededNoarch(now.mirror.filters)))
    touched.add('noarch');
  if (old.mirror.failed_run_id !== now.mirror.failed_run_id) {
    for (const run of [old.mirror.failed_run_id, now.mirror.failed_run_id]) await addFailed(db, run, parts, touched);
  }
}

/** The names of the records that changed between two revisions; at revision 0 there are none. */
async function addRevisions(
  db: Db,
  source_id: number,
  parts: readonly PartState[],
  from: number,
  to: number,
  touched: TouchedSubdirs,
): Promise<void> {
  if (from === to) return;
  for (const { subdir, revision } of parts) {
    if (revision <= from) continue;
    const part = { source_id, subdir };
    const files = await changedFiles(db, part, from, to);
    touched.add(subdir, files && [...files.map(nameOfFile), ...(await changedShardNames(db, part, from, to))]);
  }
}

async function addFailed(
  db: Db,
  runId: string | null,
  parts: readonly PartState[],
  touched: TouchedSubdirs,
): Promise<void> {
  if (runId === null) return;
  const isKnown = (await findRun(db, runId)) !== undefined;
  for (const { subdir } of parts) {
    touched.add(subdir, isKnown ? (await failedFiles(db, runId, subdir)).map(nameOfFile) : undefined);
  }
}

async function addPatched(
  db: Db,
  channelId: number,
  before: Judged,
  after: Judged,
  touched: TouchedSubdirs,
): Promise<void> {
  const [old, now] = [
    await patchesAt(db, channelId, before.patch_rev),
    await patchesAt(db, channelId, after.patch_rev),
  ];
  for (const subdir of new Set([...old.digests.keys(), ...now.digests.keys()])) {
    if (old.digests.get(subdir) === now.digests.get(subdir)) continue;
    touched.add(subdir, changedPatches(await old.of(subdir), await now.of(subdir)).map(nameOfFile));
  }
}
