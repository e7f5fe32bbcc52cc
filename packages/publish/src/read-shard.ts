import { promisify } from 'node:util';
import { zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { readPackageShard, readPackageShardFields, type ShardFile } from '@sluice/formats/package';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** Up to so many packed bytes unpacking takes less than handing them to a thread and back. */
const smallBytes = 16 * 1024;

/** Read the files of a shard out of the store. `key`: that of its entry, `<part>/<name>`. */
export async function readShard(storage: BlobStore, shard: BlobColumns & { key: string }): Promise<ShardFile[]> {
  return readFiles(shard.key, await storage.read(blobRef(shard)));
}

/** The files of a shard as it is stored. */
export async function readFiles(key: string, packed: Uint8Array): Promise<ShardFile[]> {
  return readPackageShard(key, await unpack(packed));
}

/** The files of a shard as it is stored, where these members of their records are enough; others may be there, too. */
export async function readFields(
  key: string,
  packed: Uint8Array,
  fields: readonly string[],
): Promise<Pick<ShardFile, 'file' | 'record'>[]> {
  return readPackageShardFields(key, await unpack(packed), fields);
}

async function unpack(packed: Uint8Array): Promise<Uint8Array> {
  return packed.length <= smallBytes ? zstdDecompressSync(packed) : await decompress(packed);
}
