import { promisify } from 'node:util';
import { zstdCompressSync, zstdDecompress } from 'node:zlib';
import { patchShardIndex } from '@sluice/formats/conda';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';

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
 * @returns its bytes, undefined when it lists nothing; 'unreadable' when the previous one was written otherwise.
 * @see CEP 16
 */
export async function writeShardIndex(
  storage: BlobStore,
  subdir: string,
  previous: BlobColumns | undefined,
  changes: ShardChanges,
): Promise<Buffer | undefined | 'unreadable'> {
  const before = previous && (await decompress(await storage.read(blobRef(previous))));
  const info = { subdir, base_url: './', shards_base_url: './shards/' };
  const index = patchShardIndex(info, before, changes);
  if (!index) return 'unreadable';
  return index.count === 0 ? undefined : zstdCompressSync(index.bytes, { pledgedSrcSize: index.bytes.byteLength });
}
