import { createHash } from 'node:crypto';
import type { BlobRow, EntryRow } from '@sluice/catalog';
import { bytesToHex } from '@sluice/formats/digest';
import { putSmallBlobs } from '@sluice/storage';
import type { ChosenShard, ShownSubdir } from './choose-shards.ts';
import { chooseSplices } from './choose-splices.ts';
import type { PublishDeps } from './deps.ts';
import { spliceShards } from './splice-shards.ts';
import { type WrittenShard, writeShards } from './write-shards.ts';

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

/**
 * Make the shards that have no blob yet, and store those that the head does not have already.
 *
 * @param anew the head's shards do not count: all are made of their records.
 */
export async function storeShards(
  deps: Pick<PublishDeps, 'pool' | 'storage' | 'spliceFrom'>,
  shown: ShownSubdir,
  chosen: readonly ChosenShard[],
  anew: boolean,
): Promise<StoredShards> {
  const { live, unsound } = shown;
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
  for await (const batch of madeShards(deps, shown, [...unwritten.values()], anew)) {
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

/** Out of the head's shards where most of a name stays, the others of their records. */
async function* madeShards(
  deps: Pick<PublishDeps, 'pool' | 'storage' | 'spliceFrom'>,
  shown: ShownSubdir,
  unwritten: readonly ChosenShard[],
  anew: boolean,
): AsyncGenerator<WrittenShard[]> {
  const { subdir, layers } = shown;
  const all = { splices: [], whole: unwritten.map((one) => one.shown) };
  const { splices, whole } = anew ? all : chooseSplices(deps, shown, unwritten);
  yield* spliceShards(deps, layers, subdir, splices, whole);
  yield* writeShards(deps, layers, subdir, whole);
}

function isBlobOf({ blob }: EntryRow, bytes: Uint8Array): boolean {
  return createHash('sha256').update(bytes).digest().equals(blob);
}
