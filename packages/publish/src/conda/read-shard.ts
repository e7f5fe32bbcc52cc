import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { decodeShard, type Shard } from '@sluice/formats/conda';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** Read a shard out of the store. */
export async function readShard(storage: BlobStore, shard: BlobColumns): Promise<Shard> {
  return decodeShard(await decompress(await storage.read(blobRef(shard))));
}
