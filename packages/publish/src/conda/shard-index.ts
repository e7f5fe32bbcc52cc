import { promisify } from 'node:util';
import { zstdCompressSync, zstdDecompress } from 'node:zlib';
import { decodeShardIndex, encodeShardIndex } from '@sluice/formats/conda';
import { bytesToHex, type Sha256 } from '@sluice/formats/digest';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** The shards of a subdir: package name → digest of the shard, in lower-case hex. */
export type ShardDigests = Map<string, Sha256>;

/** The entry key of a subdir's shard index. */
export function indexKey(subdir: string): string {
  return `${subdir}/repodata_shards.msgpack.zst`;
}

/** Read the shards that a shard index lists. */
export async function readShardIndex(storage: BlobStore, index: BlobColumns): Promise<ShardDigests> {
  return decodeShardIndex(await decompress(await storage.read(blobRef(index)))).shards;
}

/**
 * Write the shard index of a subdir. Equal shards give equal bytes: it tells no time, and its addresses are relative.
 *
 * @see CEP 16
 */
export function writeShardIndex(subdir: string, shards: ShardDigests): Buffer {
  const bytes = encodeShardIndex({ subdir, base_url: './', shards_base_url: './shards/' }, shards);
  return zstdCompressSync(bytes, { pledgedSrcSize: bytes.byteLength });
}

/** A digest as a column has it. */
export function digestText(blob: Uint8Array): Sha256 {
  return bytesToHex(blob) as Sha256;
}
