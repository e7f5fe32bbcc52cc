import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { decodeShardIndex } from '@sluice/formats/conda';

/** A subdir's shard index as a client gets it. */
export interface PublishedIndex {
  readonly etag: string;
  /** Package name → SHA-256 of its shard. */
  readonly shards: ReadonlyMap<string, string>;
  /** Where the shard with this digest is. */
  shardUrl(sha256: string): string;
}

/** Address of a subdir's shard index. */
export function indexUrl(server: string, channel: string, subdir = 'linux-64'): string {
  return `${server}/api/repo/${channel}/${subdir}/repodata_shards.msgpack.zst`;
}

/** Read a shard index. @throws when it is not there. */
export async function readIndex(url: string): Promise<PublishedIndex> {
  const response = await fetch(url);
  const etag = response.headers.get('etag');
  if (response.status !== 200 || etag === null)
    throw new Error(`GET ${url} answered ${response.status}, ETag ${etag}.`);
  const { shards, info } = decodeShardIndex(zstdDecompressSync(Buffer.from(await response.arrayBuffer())));
  return { etag, shards, shardUrl: (sha256) => new URL(`${info.shardsBaseUrl}${sha256}.msgpack.zst`, url).href };
}

/** The ETag that a document has now. @throws when it is not there. */
export async function etagOf(url: string): Promise<string> {
  const response = await fetch(url, { method: 'HEAD' });
  const etag = response.headers.get('etag');
  if (response.status !== 200 || etag === null)
    throw new Error(`HEAD ${url} answered ${response.status}, ETag ${etag}.`);
  return etag;
}

/** Wait until a document is another one than `before`. @returns its ETag. @throws after `patience_ms`. */
export async function untilChanged(url: string, before: string, patience_ms = 120_000): Promise<string> {
  const begun = performance.now();
  for (;;) {
    const now = await etagOf(url);
    if (now !== before) return now;
    const waited_ms = performance.now() - begun;
    if (waited_ms > patience_ms) throw new Error(`${url} has not changed in ${patience_ms} ms.`);
    // The longer it lasts the more seldom, to one in a hundred: asking takes time away from what is measured.
    await sleep(4 + waited_ms / 100);
  }
}

/** The names whose shard is not the same in both, also those that are in one only. */
export function differentNames(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): Set<string> {
  const names = [...one.keys(), ...other.keys()];
  return new Set(names.filter((name) => one.get(name) !== other.get(name)));
}
