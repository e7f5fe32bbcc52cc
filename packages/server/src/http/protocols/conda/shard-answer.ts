import { type BlobRow, type Db, findShard } from '@sluice/catalog';
import { ServerError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import { immutable } from '../cache-control.ts';
import type { Place } from '../place.ts';

/** Finds a shard of a channel by `<subdir>/<digest in hex>`. @throws {ServerError} `file_missing`. */
export type ShardFinder = (channelId: number, key: string) => Promise<BlobRow & { created_at: Date }>;

/** A shard that any kept publication lists: superseded ones stay for clients with an older index. As {@link ShardFinder}. */
export async function listedShard(db: Db, channelId: number, key: string): ReturnType<ShardFinder> {
  const [subdir, digest] = key.split('/') as [string, string];
  const shard = await findShard(db, channelId, subdir, Buffer.from(digest, 'hex'));
  if (shard) return shard;
  throw new ServerError('file_missing', `No publication of this channel that is kept has the shard ${key}.`);
}

const shardPath = /^([^/]+)\/shards\/([0-9a-f]{64})\.msgpack\.zst$/;

/** Whether a path below a channel names a shard: its subdir and digest. */
export function shardRequest(rest: string): string | undefined {
  const match = shardPath.exec(rest);
  return match ? `${match[1]}/${match[2]}` : undefined;
}

/**
 * Answer with a shard.
 *
 * @param key `<subdir>/<digest in hex>`.
 * @throws {ServerError} `file_missing`.
 * @see CEP 16
 */
export async function shardAnswer(find: ShardFinder, { channel, vary }: Place, key: string): Promise<Answer> {
  const shard = await find(channel.id, key);
  return {
    etag: `"${key.slice(key.indexOf('/') + 1)}"`,
    lastModified: shard.created_at,
    contentType: 'application/octet-stream',
    cacheControl: immutable(channel),
    vary,
    body: { kind: 'blob', blob: shard, small: true },
  };
}
