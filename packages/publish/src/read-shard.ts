import { promisify } from 'node:util';
import { zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { readPackageShard, type ShardFile } from '@sluice/formats/package';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** Up to so many packed bytes unpacking takes less than handing them to a thread and back. */
const smallBytes = 16 * 1024;

/** Read the files of a shard out of the store. `key`: that of its entry, `<part>/<name>`. */
export async function readShard(storage: BlobStore, shard: BlobColumns & { key: string }): Promise<ShardFile[]> {
  const packed = await storage.read(blobRef(shard));
  const bytes = packed.length <= smallBytes ? zstdDecompressSync(packed) : await decompress(packed);
  return readPackageShard(shard.key, bytes);
}
