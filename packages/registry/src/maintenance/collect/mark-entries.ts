import { channelsAfter, type EntryPageRow, type EntryPlace, entriesAfter, keepBlobs, keepState } from '@sluice/catalog';
import { keptNumbers, systemRetention } from '../../retention.ts';
import type { Collection } from './context.ts';
import { eachShardFile } from './shard-files.ts';

/** Entries looked at in one piece. */
const pageSize = 1000;
const beginning: EntryPlace = { kind: '', key: '', from_no: 0 };

interface Place extends EntryPlace {
  channel: number;
}

/** Third stage: what kept publications list, shards and documents and the package files in the shards. */
export async function markEntries(collection: Collection, at?: Place): Promise<Place | undefined> {
  const { deps } = collection;
  const channel = at?.channel ?? (await nextChannel(collection, 0));
  if (channel === undefined) return undefined;
  const page = await entriesAfter(deps.db, channel, at ?? beginning, pageSize);
  if (page.length > 0) await markPage(collection, channel, page);
  const last = page.at(-1);
  if (last && page.length === pageSize) return { channel, kind: last.kind, key: last.key, from_no: last.from_no };
  const next = await nextChannel(collection, channel);
  return next === undefined ? undefined : { channel: next, ...beginning };
}

async function nextChannel({ deps }: Collection, after: number): Promise<number | undefined> {
  return (await channelsAfter(deps.db, after, 1))[0]?.id;
}

async function markPage(
  { deps, asOf, marks }: Collection,
  channel: number,
  page: readonly EntryPageRow[],
): Promise<void> {
  const state = await keepState(deps.db, channel);
  if (!state) return;
  const kept = keptNumbers(state, await systemRetention(deps.db), asOf);
  const known = await marks();
  const shards: EntryPageRow[] = [];
  for (const entry of page) {
    if (!isListed(entry, kept)) continue;
    // One that is marked already has been read: other entries, of other channels too, may have the same shard.
    const isNew = known.mark(entry.sha256) || !known.isMarked(entry.sha256);
    if (entry.kind === 'shard' && isNew) shards.push(entry);
  }
  await eachShardFile(deps, shards, (digest) => void known.mark(digest));
}

/** Whether any of these publications, ascending, lists the entry. */
function isListed({ from_no, to_no }: Pick<EntryPageRow, 'from_no' | 'to_no'>, kept: readonly number[]): boolean {
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (kept[middle]! < from_no) low = middle + 1;
    else high = middle;
  }
  return low < kept.length && (to_no === null || kept[low]! < to_no);
}

/**
 * Keep what publications list that came since a channel's head was `no`: rules may have changed, so that a file is shown
 * which nothing needed a moment ago.
 */
export async function keepNewerFiles({ deps }: Collection, channel: number, no: number): Promise<void> {
  for (let after = beginning; ; ) {
    const page = await entriesAfter(deps.db, channel, after, pageSize, no);
    const digests: Uint8Array[] = page.map(({ sha256 }) => sha256);
    const shards = page.filter(({ kind }) => kind === 'shard');
    await eachShardFile(deps, shards, (digest) => void digests.push(digest));
    await keepBlobs(deps.db, digests);
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last;
  }
}
