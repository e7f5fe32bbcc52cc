import { createHash } from 'node:crypto';
import type { BlobRow, EntryRow } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import { putSmallBlobs } from '@sluice/storage';
import type { ChosenShard, ShownSubdir } from './choose-shards.ts';
import type { Splice } from './choose-splices.ts';
import type { PublishDeps } from './deps.ts';
import type { ShownName } from './select.ts';
import type { ShardLayer } from './selection.ts';
import { spliceShards } from './splice-shards.ts';
import { type WrittenShard, writeShards } from './write-shards.ts';

/** The shards that names of one subdir must have, and how those are made that have no blob yet. */
export interface ShardWork extends Pick<ShownSubdir, 'subdir' | 'live' | 'unsound'> {
  layers: readonly ShardLayer[];
  chosen: readonly ChosenShard[];
  /** Made out of the head's shards. */
  splices: readonly Splice[];
  /** Made of all their records. */
  whole: readonly ShownName[];
}

/** Entries of shards whose bytes are durable. */
export interface StoredShards {
  entries: EntryRow[];
  /** Of the blobs that are new. */
  blobs: BlobRow[];
  /** Where blobs lie now that are known, and whose bytes were lost. */
  mended: BlobRow[];
  /** How many were made. */
  written: number;
  /** Keys of those that are larger than some clients take. */
  oversized: string[];
}

/** conda before 26.7 refuses a shard of so many bytes, before compression. It is listed all the same: other clients take it. */
const usualLimit = 16 * 1024 * 1024;

/** Bytes of shards that go into one pack. */
const packBytes = 8 * 1024 * 1024;

/** Make the shards that have no blob yet, and store those that the head does not have already. */
export async function storeShards(deps: Pick<PublishDeps, 'pool' | 'storage'>, work: ShardWork): Promise<StoredShards> {
  const { chosen, live, unsound } = work;
  const stored: StoredShards = { entries: [], blobs: [], mended: [], written: 0, oversized: [] };
  const unwritten = new Map<string, ChosenShard>();
  for (const one of chosen) {
    if (one.blob) stored.entries.push({ ...one.entry, blob: one.blob });
    else unwritten.set(one.shown.name, one);
  }
  let pending: WrittenShard[] = [];
  let bytes = 0;
  const flush = async () => {
    if (pending.length === 0) return;
    const rows = await putSmallBlobs(
      deps.storage,
      pending.map((shard) => shard.bytes),
    );
    pending.forEach(({ name }, i) => {
      stored.entries.push({ ...unwritten.get(name)!.entry, blob: rows[i]!.sha256 });
    });
    for (const row of rows) (unsound?.has(bytesToHex(row.sha256)) ? stored.mended : stored.blobs).push(row);
    pending = [];
    bytes = 0;
  };
  for await (const batch of madeShards(deps, work)) {
    for (const shard of batch) {
      const { entry } = unwritten.get(shard.name)!;
      stored.written++;
      if (shard.unpacked > usualLimit) stored.oversized.push(entry.key);
      const before = live.get(entry.key);
      if (before && isBlobOf(before, shard.bytes) && !unsound?.has(bytesToHex(before.blob))) {
        stored.entries.push({ ...entry, blob: before.blob });
        continue;
      }
      pending.push(shard);
      bytes += shard.bytes.byteLength;
    }
    if (bytes >= packBytes) await flush();
  }
  await flush();
  return stored;
}

/** What cannot be made out of the head's shard after all is made of its records, too. */
async function* madeShards(
  deps: Pick<PublishDeps, 'pool' | 'storage'>,
  { subdir, layers, splices, whole }: ShardWork,
): AsyncGenerator<WrittenShard[]> {
  const left: ShownName[] = [];
  yield* spliceShards(deps, layers, subdir, splices, left);
  yield* writeShards(deps, layers, subdir, [...whole, ...left]);
}

function isBlobOf({ blob }: EntryRow, bytes: Uint8Array): boolean {
  return createHash('sha256').update(bytes).digest().equals(blob);
}
