import { type BlobRow, headShardBlobs } from '@sluice/catalog';
import type { ShardFile } from '@sluice/formats/package';
import type { PublishDeps } from './deps.ts';
import { readShard } from './read-shard.ts';

/** What a channel's head shows of one package name in one subdir. */
export interface HeadShard {
  subdir: string;
  name: string;
  files: readonly ShardFile[];
}

/** Shards read at once: each is small, and lies in a pack with its neighbours. */
const atOnce = 8;

/** What a channel's head shows of these package names, in byte order of subdir and name. Names it does not have are left out. */
export async function headShards(
  deps: Pick<PublishDeps, 'db' | 'storage'>,
  channelId: number,
  names: readonly string[],
): Promise<HeadShard[]> {
  const blobs = names.length === 0 ? [] : await headShardBlobs(deps.db, channelId, names);
  const shards: HeadShard[] = [];
  for (let at = 0; at < blobs.length; at += atOnce) {
    shards.push(...(await Promise.all(blobs.slice(at, at + atOnce).map((blob) => open(deps, blob)))));
  }
  return shards;
}

async function open(deps: Pick<PublishDeps, 'storage'>, blob: BlobRow & { key: string }): Promise<HeadShard> {
  const cut = blob.key.indexOf('/');
  return { subdir: blob.key.slice(0, cut), name: blob.key.slice(cut + 1), files: await readShard(deps.storage, blob) };
}
