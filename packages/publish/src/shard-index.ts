import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { patchShardIndex } from '@sluice/formats/conda';
import { changedShardSum, noShards, readShardSum, writeShardSum } from '@sluice/formats/package';
import type { BlobColumns, BlobStore } from '@sluice/storage';
import { oneFrame } from './one-frame.ts';
import { readSound } from './unsound-blobs.ts';

const decompress = promisify(zstdDecompress);

/** Changes of a shard index: package name → digest of its shard; null for a name that goes. */
export type ShardChanges = ReadonlyMap<string, Uint8Array | null>;

/** The entry key of a subdir's shard index. */
export function indexKey(subdir: string): string {
  return `${subdir}/repodata_shards.msgpack.zst`;
}

/**
 * Write the shard index of a subdir. Equal shards give equal bytes: it tells no time, and its addresses are relative.
 *
 * @param previous the index that is to be changed; undefined to begin with none.
 * @returns its bytes, undefined when it lists nothing; 'unreadable' when the previous one was written otherwise, or is lost or damaged.
 * @see CEP 16
 */
export async function writeShardIndex(
  storage: BlobStore,
  subdir: string,
  previous: BlobColumns | undefined,
  changes: ShardChanges,
): Promise<Buffer | undefined | 'unreadable'> {
  const packed = previous && (await readSound(storage, previous));
  if (previous && !packed) return 'unreadable';
  const before = packed && (await decompress(packed));
  const info = { subdir, base_url: './', shards_base_url: './shards/' };
  const index = patchShardIndex(info, before, changes);
  if (!index) return 'unreadable';
  return index.count === 0 ? undefined : oneFrame(index.bytes);
}

/**
 * What stands in the place of an index for a part whose index nobody is served: the sum of its shards, so that a name more in a
 * part of a hundred thousand names costs no more than in an empty one.
 *
 * @param previous the sum that is to be changed; undefined to begin with none.
 * @param gone digests of the shards that the changed names had.
 * @returns as {@link writeShardIndex}.
 */
export async function writePartSum(
  storage: BlobStore,
  previous: BlobColumns | undefined,
  changes: ShardChanges,
  gone: Iterable<Uint8Array>,
): Promise<Uint8Array | undefined | 'unreadable'> {
  const known = previous && (await readSound(storage, previous));
  const before = previous ? known && readShardSum(known) : noShards;
  if (!before) return 'unreadable';
  const sum = changedShardSum(
    before,
    [...changes.values()].filter((digest) => digest !== null),
    gone,
  );
  return sum.count === 0 ? undefined : writeShardSum(sum);
}
