import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BlobRow, type EntryRow, headShardEntries, liveEntries } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import { packageTypeOf } from '@sluice/formats/package';
import { putSmallBlobs } from '@sluice/storage';
import { chooseShards, type ShownSubdir } from './choose-shards.ts';
import { chooseSplices } from './choose-splices.ts';
import { conflictCollector, type FileConflict } from './conflicts.ts';
import type { PublishDeps } from './deps.ts';
import type { PublishedLayer } from './layers.ts';
import { type OnHidden, shownNames, signatureDifference } from './select.ts';
import { type JudgedLayer, judgedLayer, loadSelection, type SubdirScope, shardLayer } from './selection.ts';
import { indexKey, type ShardChanges, writePartSum, writeShardIndex } from './shard-index.ts';
import { type ShardWork, storeShards } from './store-shards.ts';
import type { NamesAbove } from './tiers.ts';
import type { Touched } from './touched.ts';

/** What a publication changes in one subdir. */
export interface SubdirPlan {
  subdir: string;
  put: EntryRow[];
  drop: Pick<EntryRow, 'kind' | 'key'>[];
  /** Blobs that the entries refer to and that are not known yet. */
  blobs: BlobRow[];
  /** Where blobs that entries refer to lie now, whose bytes were lost. */
  mended: BlobRow[];
  /** Records that came and went. */
  added: number;
  removed: number;
  /** How many files more the subdir shows. */
  files: number;
  /** Package names that the subdir did not show before, and those it no longer shows. */
  appeared: string[];
  vanished: string[];
  /** Shards that were made, and those that are listed again or handed on. */
  shards_written: number;
  shards_reused: number;
  indexes_written: number;
  /** Keys of shards that are larger than some clients take. */
  oversized: string[];
  /** The names that were looked at, and what was found of them that mirrors have with different bytes. */
  touched: Touched;
  conflicts: FileConflict[];
}

/** What is to be judged, and what the head has. */
export interface SubdirState extends SubdirScope {
  channelId: number;
  layers: readonly PublishedLayer[];
  /** The names that higher tiers show, in whatever subdir. */
  above: NamesAbove;
  /** The blob of the head's shard index. */
  index: BlobRow | undefined;
  /** Whether everything is made anew, whatever was written before; then all names are touched. */
  anew: boolean;
  /** See {@link ShownSubdir}. */
  unsound: ReadonlySet<string> | undefined;
}

/** Work out what changes in one subdir, and make its new shards and their index durable. */
export async function planSubdir(deps: PublishDeps, state: SubdirState): Promise<SubdirPlan> {
  const { subdir, anew } = state;
  const { work, gone, conflicts } = await chooseWork(deps, state);
  const { live } = work;
  const stored = await storeShards(deps, work);
  const put = stored.entries.filter((entry) => differs(live.get(entry.key), entry));
  const plan: SubdirPlan = {
    subdir,
    put,
    drop: Array.from(gone.keys(), (key) => ({ kind: 'shard', key })),
    blobs: stored.blobs,
    mended: stored.mended,
    added: 0,
    removed: 0,
    files: 0,
    appeared: put.flatMap(({ key }) => (live.has(key) ? [] : [nameOf(key)])),
    vanished: Array.from(gone.keys(), nameOf),
    shards_written: stored.written,
    shards_reused: put.length - stored.blobs.length,
    indexes_written: 0,
    oversized: stored.oversized,
    touched: state.touched,
    conflicts,
  };
  for (const entry of put) count(plan, live.get(entry.key), entry);
  for (const entry of gone.values()) count(plan, entry, undefined);
  await addIndex(deps, state, live, anew ? stored.entries : undefined, plan);
  return plan;
}

/** What is to be done. When it is known, the facts that it was worked out from are held no longer. */
async function chooseWork(
  deps: PublishDeps,
  state: SubdirState,
): Promise<{ work: ShardWork; gone: Map<string, EntryRow>; conflicts: FileConflict[] }> {
  const { subdir, channelId, anew, unsound } = state;
  const { conflicts, onHidden } = conflictCollector(state.layers);
  const layers = await judgedLayers(deps, state, onHidden);
  if (state.touched === 'all') {
    // Until then the engine holds what was shared with us.
    await nextTurn();
    deps.onJudged?.();
  }
  const live = new Map((await entriesOf(deps, state)).map((entry) => [entry.key, entry]));
  const shown: ShownSubdir = { channelId, subdir, layers, live, unsound };
  const names = [...shownNames(layers)];
  const gone = new Map(live);
  for (const { name } of names) gone.delete(`${subdir}/${name}`);
  const chosen = await chooseShards(deps, shown, names, anew);
  const unwritten = chosen.filter(({ blob }) => blob === undefined);
  // Anew, the head's shards do not count: all are made of their records.
  const made = anew ? { splices: [], whole: unwritten.map((one) => one.shown) } : chooseSplices(deps, shown, unwritten);
  return { work: { subdir, live, unsound, layers: layers.map(shardLayer), chosen, ...made }, gone, conflicts };
}

/** A function of its own, since one that waits goes on to hold what it has seen. */
async function judgedLayers(deps: PublishDeps, state: SubdirState, onHidden: OnHidden): Promise<JudgedLayer[]> {
  const loaded = await loadSelection(deps, state.layers, state, state.above, onHidden);
  return loaded.map(judgedLayer);
}

/** The live entries of the touched names. */
function entriesOf({ db }: PublishDeps, { channelId, subdir, touched }: SubdirState): Promise<EntryRow[]> {
  if (touched === 'all') return liveEntries(db, channelId, 'shard', `${subdir}/`);
  return headShardEntries(
    db,
    channelId,
    Array.from(touched, (name) => `${subdir}/${name}`),
  );
}

function differs(before: EntryRow | undefined, after: EntryRow): boolean {
  return (
    !before ||
    Buffer.compare(before.blob, after.blob) !== 0 ||
    Buffer.compare(before.signature ?? new Uint8Array(), after.signature!) !== 0 ||
    before.upstream !== after.upstream ||
    before.files !== after.files ||
    before.bytes !== after.bytes ||
    String(before.buckets) !== String(after.buckets)
  );
}

function count(plan: SubdirPlan, before: EntryRow | undefined, after: EntryRow | undefined): void {
  const { added, removed } = signatureDifference(before?.signature ?? null, after?.signature ?? null);
  plan.added += added;
  plan.removed += removed;
  plan.files += (after?.files ?? 0) - (before?.files ?? 0);
}

const nameOf = (key: string) => key.slice(key.indexOf('/') + 1);

/** Write the index of what the subdir shows after the plan, unless that is what the head has. */
async function addIndex(
  deps: PublishDeps,
  state: SubdirState,
  live: ReadonlyMap<string, EntryRow>,
  all: readonly EntryRow[] | undefined,
  plan: SubdirPlan,
): Promise<void> {
  const { subdir, index } = state;
  if (!all && index && plan.put.length + plan.drop.length === 0) return;
  const put: Shard[] = (all ?? plan.put).map(({ key, blob }) => [nameOf(key), blob]);
  const changes: ShardChanges = new Map([...put, ...plan.drop.map(({ key }): Shard => [nameOf(key), null])]);
  const isServed = packageTypeOf(subdir) === 'conda';
  const write = (previous: BlobRow | undefined, from: ShardChanges, gone: readonly EntryRow[]) =>
    isServed
      ? writeShardIndex(deps.storage, subdir, previous, from)
      : writePartSum(
          deps.storage,
          previous,
          from,
          gone.map(({ blob }) => blob),
        );
  const gone = [...changes.keys()].flatMap((name) => live.get(`${subdir}/${name}`) ?? []);
  let bytes = all ? await write(undefined, changes, []) : await write(index, changes, gone);
  if (!all && (!index || bytes === 'unreadable')) {
    const known = await headShards(deps, state, live);
    bytes = await write(undefined, new Map([...known, ...changes]), []);
  }
  if (bytes === undefined || bytes === 'unreadable') {
    if (index) plan.drop.push({ kind: 'index', key: indexKey(subdir) });
    return;
  }
  plan.indexes_written++;
  const isSame = index && createHash('sha256').update(bytes).digest().equals(index.sha256);
  if (isSame && state.unsound?.has(bytesToHex(index.sha256))) {
    plan.mended.push(...(await putSmallBlobs(deps.storage, [bytes])));
  }
  // A record that is only spelt otherwise gives the same shard. The index is listed anew all the same: documents hold until
  // it is, and theirs are the records' very texts.
  if (isSame && plan.added + plan.removed === 0) return;
  const [row] = isSame ? [index] : await putSmallBlobs(deps.storage, [bytes]);
  if (!isSame) plan.blobs.push(row!);
  const nothing = { signature: null, files: 0, bytes: 0, buckets: null, upstream: false };
  plan.put.push({ kind: 'index', key: indexKey(subdir), blob: row!.sha256, ...nothing });
}

type Shard = [string, Uint8Array | null];

/** The shards of the head by its entries, where its index does not tell. */
async function headShards(
  { db }: PublishDeps,
  { channelId, subdir, touched }: SubdirState,
  live: ReadonlyMap<string, EntryRow>,
): Promise<Shard[]> {
  const entries = touched === 'all' ? live.values() : await liveEntries(db, channelId, 'shard', `${subdir}/`);
  return Array.from(entries, ({ key, blob }) => [nameOf(key), blob]);
}
