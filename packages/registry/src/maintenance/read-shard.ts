import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { BlobRow } from '@sluice/catalog';
import { readPackageShard, type ShardFile } from '@sluice/formats/package';
import { type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** Far more than any shard that clients read. */
const mostBytes = 256 * 1024 * 1024;

/** A compressed document out of the store. */
export async function readZstd(storage: BlobStore, blob: BlobRow): Promise<Buffer> {
  return decompress(await storage.read(blobRef(blob)), { maxOutputLength: mostBytes });
}

/** The files of a shard out of the store. `key`: that of its entry, `<part>/<name>`. */
export async function readShardFiles(storage: BlobStore, shard: BlobRow & { key: string }): Promise<ShardFile[]> {
  return readPackageShard(shard.key, await readZstd(storage, shard));
}
