import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { BlobRow } from '@sluice/catalog';
import { decodeShard, type ShardRecord } from '@sluice/formats/conda';
import { type BlobStore, blobRef } from '@sluice/storage';

const decompress = promisify(zstdDecompress);

/** Far more than any shard that clients read. */
const mostBytes = 256 * 1024 * 1024;

/** A compressed document out of the store. */
export async function readZstd(storage: BlobStore, blob: BlobRow): Promise<Buffer> {
  return decompress(await storage.read(blobRef(blob)), { maxOutputLength: mostBytes });
}

/** The records of a shard out of the store. */
export async function readShardRecords(storage: BlobStore, blob: BlobRow): Promise<readonly ShardRecord[]> {
  return decodeShard(await readZstd(storage, blob)).records;
}
