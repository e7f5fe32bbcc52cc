import { bytesToHex } from '@sluice/formats/digest';
import type { ListedShard } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import type { HttpAnswer } from '../../fetch/http-client.ts';
import { redact } from '../../redact.ts';
import { readBounded } from '../read-bounded.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { digestOf } from './digest-of.ts';
import { locationBelow } from './locate.ts';

/** Requests under way at once, over connections that are kept, when the mirror does not say. */
const defaultConcurrency = 16;
const attempts = 3;
const mostBytes = 64 * 1024 * 1024;
/** What is handed over together. */
const batchFiles = 500;
const batchBytes = 8 * 1024 * 1024;

/** What fetching shards works with. */
export interface ShardFetching {
  upstream: UpstreamDeps;
  subdir: string;
  /** `shards_base_url` of the index; empty for beside it. */
  baseUrl: string;
  /** Keep a batch of files, whose digests are verified. */
  keep: (files: readonly Uint8Array[]) => Promise<void>;
  /** False when no more should be begun. */
  hasTime: () => boolean;
  concurrency?: number | undefined;
  onProgress?: (done: number) => void;
}

/**
 * Fetch shards of an upstream, each checked against the digest its index gives.
 *
 * @returns whether all are in; what is not, another call fetches.
 * @throws {MirrorError} the first failure that stays, all of them transient where the index may just have changed:
 *   `upstream_missing`, `digest_mismatch`, `upstream_unavailable`. What was handed over before is kept.
 */
export async function fetchShards(fetching: ShardFetching, shards: readonly ListedShard[]): Promise<boolean> {
  const giveUp = new AbortController();
  const outer = fetching.upstream.signal;
  const signal = outer ? AbortSignal.any([outer, giveUp.signal]) : giveUp.signal;
  const upstream = { ...fetching.upstream, signal };
  const left = shards.values();
  let batch: Uint8Array[] = [];
  let bytes = 0;
  let done = 0;
  let keeping: Promise<void> = Promise.resolve();

  function keepBatch(): Promise<void> {
    const files = batch;
    batch = [];
    bytes = 0;
    if (files.length > 0) keeping = keeping.then(() => fetching.keep(files));
    return keeping;
  }

  async function work(): Promise<void> {
    while (fetching.hasTime()) {
      const next = left.next();
      if (next.done) return;
      const file = await fetchShard({ ...fetching, upstream }, next.value);
      batch.push(file);
      bytes += file.length;
      fetching.onProgress?.(++done);
      if (batch.length >= batchFiles || bytes >= batchBytes) await keepBatch();
    }
  }

  const working = Array.from({ length: fetching.concurrency ?? defaultConcurrency }, work);
  try {
    await Promise.all(working);
  } catch (error) {
    giveUp.abort(error);
    await Promise.allSettled(working);
    // What has come is not fetched again; the error of the fetching is the one to tell.
    await keepBatch().catch(() => {});
    throw error;
  }
  await keepBatch();
  return done === shards.length;
}

async function fetchShard(fetching: ShardFetching, { name, sha256 }: ListedShard): Promise<Uint8Array> {
  const wanted = bytesToHex(sha256);
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(fetching, name, `${wanted}.msgpack.zst`);
    try {
      const file = await readBounded(answer.body, mostBytes, redact(answer.url));
      const found = bytesToHex(digestOf(file));
      if (found !== wanted) throw otherBytes(name, wanted, found);
      return file;
    } catch (error) {
      fetching.upstream.signal?.throwIfAborted();
      if (!(error instanceof MirrorError) || !error.transient || attempt === attempts) throw error;
    }
  }
}

async function ask({ upstream, subdir, baseUrl }: ShardFetching, name: string, file: string): Promise<HttpAnswer> {
  const location = locationBelow(upstream.address, subdir, baseUrl === '' ? null : baseUrl, file);
  if (location.kind !== 'http') throw new TypeError('shards are read over the network');
  const request = {
    url: location.url,
    headers: { 'accept-encoding': 'identity' },
    signal: upstream.signal,
  };
  return upstream.http.open(request).catch((error: unknown) => {
    if (error instanceof MirrorError && error.code === 'upstream_missing') throw missing(name, file, error);
    throw error;
  });
}

function otherBytes(name: string, wanted: string, found: string): MirrorError {
  return new MirrorError('digest_mismatch', `The upstream's shard of ${name} is not the one its index lists.`, {
    wanted: `sha256 ${wanted}`,
    found: `sha256 ${found}`,
    transient: true,
  });
}

/** The index may have moved on since it was read: what it lists now is worth another look. */
function missing(name: string, wanted: string, cause: unknown): MirrorError {
  return new MirrorError('upstream_missing', `The upstream lists a shard of ${name} and does not have it.`, {
    wanted,
    found: 'nothing',
    transient: true,
    cause,
  });
}
