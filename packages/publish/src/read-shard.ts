import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { readPackageShard, type ShardFile } from '@sluice/formats/package';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** Read the files of a shard out of the store. `key`: that of its entry, `<part>/<name>`. */
export async function readShard(storage: BlobStore, shard: BlobColumns & { key: string }): Promise<ShardFile[]> {
  return readPackageShard(shard.key, await decompress(await storage.read(blobRef(shard))));
}
