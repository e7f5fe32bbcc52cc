import {
  changedFiles,
  changedShardNames,
  type Db,
  failedFiles,
  findRun,
  listedParts,
  type NamePriority,
  type Part,
  sourceParts,
} from '@sluice/catalog';
import { changedPatches } from '@sluice/formats/conda';
import { type PackageType, packageNameOf, packageTypeOf } from '@sluice/formats/package';
import { type MirrorFilters, takesNeeded } from '@sluice/policy';
import type { Judged, JudgedLayer } from './judged.ts';
import { patchesAt } from './patches.ts';
import { type AddTouched, type TouchedSubdirs, touchedSubdirs } from './touched.ts';
import { touchedBelow } from './touched-below.ts';
import type { NeededChanges } from './touched-by-needed.ts';
import { touchedByFilters, touchedByReserved } from './touched-by-rules.ts';

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
  neededChanges: NeededChanges,
): Promise<TouchedSubdirs> {
  const parts = await partsOf(db, [...(before?.layers ?? []), ...after.layers]);
  const subdirs = await allSubdirs(db, parts, [before, after], shown);
  const touched = touchedSubdirs(subdirs);
  if (!before || !sameTypes(before, after) || priorityOf(before) !== priorityOf(after)) {
    for (const subdir of subdirs) touched.add(subdir);
    return touched;
  }
  const rules = touchedOfType(before.filters, after.filters);
  for (const subdir of subdirs) touched.add(subdir, rules(subdir));
  const lowest = Math.max(lowestTier(before), lowestTier(after));
  const hides = (tier: number) => priorityOf(after) === 'strict' && tier < lowest;
  const adderOf = (tier: number) => (hides(tier) ? touched.addEverywhere : touched.add);
  if (before.patch_rev !== after.patch_rev) await addPatched(db, channelId, before, after, adderOf(0));
  for (const { old, now } of pairs(before, after)) {
    const layer = (now ?? old)!;
    const some = parts.get(layer.source_id) ?? [];
    const add = adderOf(tierOf(layer));
    if (old && now) {
      await addLayer(db, old, now, some, add);
      await addNeeded(neededChanges, [before, after], [old, now], some, add);
    }
    if (!old || !now) await addRevisions(db, layer.source_id, some, 0, layer.revision, add);
  }
  // Which layer is on top decides where two have the same file.
  for (const layer of moved(before, after))
    for (const { subdir } of parts.get(layer.source_id) ?? []) adderOf(tierOf(layer))(subdir);
  await touchedBelow(db, before, after, shown, (place) => adderOf(firstBelow + place));
  return touched;
}

/** The tiers of a channel: its uploads, its mirrors, each channel below. */
const firstBelow = 2;

function tierOf({ mirror }: JudgedLayer): number {
  return mirror ? 1 : 0;
}

function lowestTier({ layers, below = [] }: Judged): number {
  return below.length > 0 ? firstBelow + below.length - 1 : Math.max(0, ...layers.map(tierOf));
}

function priorityOf({ name_priority = 'merge' }: Judged): NamePriority {
  return name_priority;
}

async function allSubdirs(
  db: Db,
  parts: ReadonlyMap<number, readonly PartState[]>,
  judged: readonly (Judged | undefined)[],
  shown: readonly string[],
): Promise<string[]> {
  const subdirs = new Set([...shown, ...[...parts.values()].flatMap((some) => some.map(({ subdir }) => subdir))]);
  for (const { channel_id } of judged.flatMap((one) => one?.below ?? [])) {
    for (const subdir of await listedParts(db, channel_id)) subdirs.add(subdir);
  }
  return [...subdirs];
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
  touched: AddTouched,
): Promise<void> {
  const [from, to] = [Math.min(old.revision, now.revision), Math.max(old.revision, now.revision)];
  await addRevisions(db, now.source_id, parts, from, to, touched);
  if (!old.mirror || !now.mirror) return;
  const [before, after] = [old.mirror, now.mirror];
  const rules =
    before.keep_legacy === after.keep_legacy ? touchedOfType(before.filters, after.filters) : () => undefined;
  const reserved = touchedByReserved(before.reserved ?? [], after.reserved ?? []);
  for (const { subdir } of parts) {
    touched(subdir, rules(subdir));
    touched(subdir, reserved(subdir));
  }
  if (old.mirror.failed_run_id !== now.mirror.failed_run_id) {
    for (const run of [old.mirror.failed_run_id, now.mirror.failed_run_id]) await addFailed(db, run, parts, touched);
  }
}

/** What comes along depends on everything that is kept. */
async function addNeeded(
  neededChanges: NeededChanges,
  judged: readonly [Judged, Judged],
  layers: readonly [JudgedLayer, JudgedLayer],
  parts: readonly PartState[],
  touched: AddTouched,
): Promise<void> {
  if (!layers.some(({ mirror }) => mirror && takesNeeded(mirror.filters))) return;
  const changes = await neededChanges(judged, layers);
  for (const { subdir } of parts) touched(subdir, changes === 'all' ? undefined : (changes.get(subdir) ?? []));
}

/** The names of a part that may be judged otherwise after filters changed; undefined for any. Specs are read once for each type. */
function touchedOfType(before: MirrorFilters, after: MirrorFilters): (part: string) => ReadonlySet<string> | undefined {
  const known = new Map<PackageType, ReadonlySet<string> | 'all'>();
  return (part) => {
    const type = packageTypeOf(part);
    const names = known.get(type) ?? touchedByFilters(type, before, after);
    known.set(type, names);
    return names === 'all' ? undefined : names;
  };
}

function namesOf(part: string, files: readonly string[]): string[] {
  return files.map((file) => packageNameOf(packageTypeOf(part), file));
}

/** The names of the records that changed between two revisions; at revision 0 there are none. */
async function addRevisions(
  db: Db,
  source_id: number,
  parts: readonly PartState[],
  from: number,
  to: number,
  touched: AddTouched,
): Promise<void> {
  if (from === to) return;
  for (const { subdir, revision } of parts) {
    if (revision <= from) continue;
    const part = { source_id, subdir };
    const files = await changedFiles(db, part, from, to);
    touched(subdir, files && [...namesOf(subdir, files), ...(await changedShardNames(db, part, from, to))]);
  }
}

async function addFailed(
  db: Db,
  runId: string | null,
  parts: readonly PartState[],
  touched: AddTouched,
): Promise<void> {
  if (runId === null) return;
  const isKnown = (await findRun(db, runId)) !== undefined;
  for (const { subdir } of parts) {
    touched(subdir, isKnown ? namesOf(subdir, await failedFiles(db, runId, subdir)) : undefined);
  }
}

async function addPatched(
  db: Db,
  channelId: number,
  before: Judged,
  after: Judged,
  touched: AddTouched,
): Promise<void> {
  const [old, now] = [
    await patchesAt(db, channelId, before.patch_rev),
    await patchesAt(db, channelId, after.patch_rev),
  ];
  for (const subdir of new Set([...old.digests.keys(), ...now.digests.keys()])) {
    if (old.digests.get(subdir) === now.digests.get(subdir)) continue;
    touched(subdir, namesOf(subdir, changedPatches(await old.of(subdir), await now.of(subdir))));
  }
}
