import { setImmediate } from 'node:timers/promises';
import { type BlobRow, headShardBlobs } from '@sluice/catalog';
import type { ShardFile } from '@sluice/formats/package';
import { blobRef } from '@sluice/storage';
import { batches } from './batches.ts';
import type { PublishDeps } from './deps.ts';
import { readFields, readFiles } from './read-shard.ts';

/** What a channel's head shows of one package name in one subdir. */
export interface HeadShard {
  subdir: string;
  name: string;
  files: readonly Pick<ShardFile, 'file' | 'record'>[];
}

/** Packed bytes of shards that are read and unpacked in a row: some hundred shards, in some milliseconds. */
const batchBytes = 256 * 1024;

/**
 * What a channel's head shows of these package names, in byte order of subdir and name. Names it does not have are left out.
 *
 * @param fields the members of records that are enough, where not all are wanted.
 */
export async function headShards(
  deps: Pick<PublishDeps, 'db' | 'storage'>,
  channelId: number,
  names: readonly string[],
  fields?: readonly string[],
): Promise<HeadShard[]> {
  const entries = names.length === 0 ? [] : await headShardBlobs(deps.db, channelId, names);
  const shards: HeadShard[] = [];
  for (const batch of batches(entries, batchBytes, ({ size }) => size)) {
    // Others have their turn between two batches.
    if (shards.length > 0) await setImmediate();
    const frames = await readFrames(deps, batch);
    for (const [i, { key }] of batch.entries()) {
      const files = await (fields ? readFields(key, frames[i]!, fields) : readFiles(key, frames[i]!));
      const cut = key.indexOf('/');
      shards.push({ subdir: key.slice(0, cut), name: key.slice(cut + 1), files });
    }
  }
  return shards;
}

/** The packed bytes of some shards, read in one go. */
async function readFrames(
  { storage }: Pick<PublishDeps, 'storage'>,
  blobs: readonly BlobRow[],
): Promise<readonly Uint8Array[]> {
  let end = 0;
  const places = blobs.map((blob) => {
    const place = { ref: blobRef(blob), at: end };
    end += blob.size;
    return place;
  });
  const bytes = new Uint8Array(new SharedArrayBuffer(end));
  await storage.readMany(bytes, places);
  return places.map(({ ref, at }) => bytes.subarray(at, at + ref.size));
}
