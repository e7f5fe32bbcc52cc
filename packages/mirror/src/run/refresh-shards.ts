import { forgetFolderFiles, liveShards, type Part, touchPart } from '@sluice/catalog';
import { bytesToHex, sha256ToBytes } from '@sluice/formats/digest';
import { admitShardFiles, admitShards, type ListedShard } from '@sluice/registry';
import { fetchShards } from '../upstreams/conda/fetch-shards.ts';
import type { ShardIndexAnswer } from '../upstreams/conda/shard-index.ts';
import { keptLocal } from './kept-local.ts';
import { commit, type RunContext, reporter } from './run-context.ts';

/**
 * Bring one subdir up to an upstream's index of shards: those that changed are fetched, as far as they are not here, and
 * admitted all together or not at all.
 *
 * @returns `yield` when the time was up before all of them were here; another slice goes on with those that are not.
 */
export async function refreshShards(
  context: RunContext,
  part: Part,
  { index, origin }: Extract<ShardIndexAnswer, { status: 'found' }>,
): Promise<'done' | 'yield'> {
  const { deps, lease } = context;
  const live = await liveShards(deps.db, part);
  const listed = Array.from(index.shards, ([name, digest]): ListedShard => ({ name, sha256: sha256ToBytes(digest) }));
  const gone = [...live.keys()].filter((name) => !index.shards.has(name));
  const moved = new Set(gone.map(lowerCase));
  for (const { name, sha256 } of listed) if (!isSame(live.get(name), sha256)) moved.add(lowerCase(name));
  // Files are known by names in lower case: those of every spelling are listed anew together.
  const changed = listed.filter(({ name }) => moved.has(lowerCase(name)));
  const noted = { ...origin, shards_absent_at: null, run_exports_absent_at: null };
  if (live.size > 0 && changed.length + gone.length === 0) {
    await commit(context, (trx) => touchPart(trx, part, deps.now(), noted));
    return 'done';
  }
  if (!(await fetchMissing(context, part, index.info.shardsBaseUrl, changed))) return 'yield';
  const report = reporter(context);
  await admitShards(deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    changed,
    gone,
    isWhole: live.size === 0,
    finish: () => origin,
    guard: async (trx) => {
      await touchPart(trx, part, deps.now(), noted);
      await forgetFolderFiles(trx, part);
      await lease.guard(trx);
    },
    onProgress: (done) => {
      lease.signal.throwIfAborted();
      report({ step_done: done, step_total: changed.length });
    },
  });
  return 'done';
}

async function fetchMissing(
  context: RunContext,
  part: Part,
  baseUrl: string,
  changed: readonly ListedShard[],
): Promise<boolean> {
  const { deps, lease, mirror, upstream } = context;
  const digests = changed.map(({ sha256 }) => sha256);
  const local = await keptLocal(deps.db, digests);
  const missing = changed.filter(({ sha256 }) => !local.has(bytesToHex(sha256)));
  const report = reporter(context);
  return fetchShards(
    {
      upstream,
      subdir: part.subdir,
      baseUrl,
      keep: (files) => admitShardFiles(deps, files, lease.guard),
      hasTime: context.hasTime,
      concurrency: mirror.limits.concurrency,
      onProgress: (done) => report({ step_done: done, step_total: missing.length }),
    },
    missing,
  );
}

const lowerCase = (name: string) => name.toLowerCase();

function isSame(known: Uint8Array | undefined, found: Uint8Array): boolean {
  return known !== undefined && Buffer.compare(known, found) === 0;
}
