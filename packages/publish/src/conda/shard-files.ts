import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { decodeShard } from '@sluice/formats/conda';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** The names of the package files that a shard lists. */
export async function shardFiles(storage: BlobStore, shard: BlobColumns): Promise<Set<string>> {
  const bytes = await decompress(await storage.read(blobRef(shard)));
  return new Set(decodeShard(bytes).records.map(({ fn }) => fn));
}
