import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { decodeShard, type Shard, type ShardRecord, writeJson } from '@sluice/formats/conda';
import { sha256ToBytes } from '@sluice/formats/digest';
import { MirrorError } from '../errors.ts';
import { fetchShards } from '../upstreams/conda/fetch-shards.ts';
import { findShardIndex } from '../upstreams/conda/shard-index.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';

const decompress = promisify(zstdDecompress);
const encoder = new TextEncoder();

/** Unpacked bytes of a shard that are read, as when it is admitted. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Read the shards of a subdir of an upstream that has no documents. Nothing is kept.
 *
 * @param take is given each record as repodata.json would have it.
 * @returns whether there are any shards.
 * @throws {MirrorError} what asking throws; `upstream_malformed` for a shard that is none.
 */
export async function readShards(
  upstream: UpstreamDeps,
  subdir: string,
  now: Date,
  take: (record: Pick<ShardRecord, 'bucket' | 'fn'>, body: Uint8Array) => void,
): Promise<boolean> {
  const answer = await findShardIndex(upstream, subdir, undefined, now);
  if (answer.status !== 'found') return false;
  const { shards, info } = answer.index;
  const listed = Array.from(shards, ([name, digest]) => ({ name, sha256: sha256ToBytes(digest) }));
  const keep = async (files: readonly Uint8Array[]) => {
    for (const file of files) {
      for (const { bucket, fn, record } of (await unpacked(file, subdir)).records) {
        take({ bucket, fn }, encoder.encode(writeJson(record)));
      }
    }
  };
  await fetchShards({ upstream, subdir, baseUrl: info.shardsBaseUrl, keep, hasTime: () => true }, listed);
  return true;
}

async function unpacked(file: Uint8Array, subdir: string): Promise<Shard> {
  try {
    return decodeShard(await decompress(file, { maxOutputLength: mostBytes }));
  } catch (cause) {
    const found = { wanted: 'a shard', found: 'other bytes', cause };
    throw new MirrorError('upstream_malformed', `A shard of the upstream's ${subdir} is broken.`, found);
  }
}
