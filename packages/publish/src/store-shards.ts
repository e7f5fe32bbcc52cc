import { createHash } from 'node:crypto';
import type { BlobRow, EntryRow } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import { putSmallBlobs } from '@sluice/storage';
import type { ChosenShard, ShownSubdir } from './choose-shards.ts';
import { type MakingDeps, makeShards, type UnmadeShards, type WrittenShard } from './make-shards.ts';

/** The shards that names of one subdir must have, and how those are made that have no blob yet. */
export interface ShardWork extends UnmadeShards, Pick<ShownSubdir, 'live' | 'unsound'> {
  chosen: readonly ChosenShard[];
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
export async function storeShards(deps: MakingDeps, work: ShardWork): Promise<StoredShards> {
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
  for await (const batch of makeShards(deps, work)) {
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

function isBlobOf({ blob }: EntryRow, bytes: Uint8Array): boolean {
  return createHash('sha256').update(bytes).digest().equals(blob);
}
