import { setTimeout as sleep } from 'node:timers/promises';
import { countRunItems, nextRunItems, type RunItemRow, stepOf } from '@sluice/catalog';
import { bytesToHex, type Md5, type Sha256 } from '@sluice/formats/digest';
import type { Receiving } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { mostPackageBytes, receivePackage } from '../fetch-file/receive-package.ts';
import { upstreamFormat } from '../upstreams/index.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';
import { type Arrivals, collectArrivals } from './arrivals.ts';
import { type ByteProgress, byteProgress } from './byte-progress.ts';
import { type RunContext, type StageEnd, save } from './run-context.ts';
import { countsOf } from './run-counts.ts';
import { createSlots, type Slots } from './slots.ts';

/** Files fetched at once when the mirror does not say. */
const defaultConcurrency = 8;
/** So many more may wait to be tried again: a file that fails holds up no other. */
const mostWaiting = 24;
/** With the pauses between them a file that never comes whole is given up after some 15 s. */
const attempts = 5;
/** So many unavailable files in a row mean that the upstream is down, not that files are bad. */
const downAfter = 8;

/**
 * Third stage, for active mirrors: fetch the files whose bytes are not here, several at a time, and admit them in batches.
 * A file that cannot be had is noted with its reason and holds nothing up. What is local by now is not fetched.
 *
 * @throws {MirrorError} `upstream_unavailable` when the upstream is down; `all_files_failed` when there is not one.
 */
export async function downloadFiles(context: RunContext): Promise<StageEnd> {
  const { deps, mirror, run } = context;
  const tally = await countRunItems(deps.db, run.id);
  await save(context, {
    step: stepOf('download', mirror.mode, run.steps),
    step_text: 'Fetching files',
    bytes_done: tally.bytes_settled,
    bytes_total: tally.bytes_settled + tally.bytes_todo,
  });
  const progress = byteProgress(context, tally);
  const arrivals = collectArrivals(context, tally);
  const giveUp = new AbortController();
  const upstream = { ...context.upstream, signal: AbortSignal.any([context.lease.signal, giveUp.signal]) };
  const items = missingItems(context, arrivals, progress);
  const concurrency = mirror.limits.concurrency ?? defaultConcurrency;
  const slots = createSlots(concurrency);
  const fetchOne = fetcher(context, upstream, slots, arrivals, progress);
  const working = Array.from({ length: concurrency + mostWaiting }, async () => {
    for (;;) {
      const fetched = await slots.during(async () => {
        const next = context.hasTime() ? await items.next() : undefined;
        return next && !next.done ? { item: next.value, receiving: await fetchOne(next.value) } : undefined;
      });
      if (!fetched) return;
      // The next one is fetched while this one waits for the catalog.
      if (fetched.receiving) await arrivals.arrived(fetched.item, fetched.receiving);
    }
  });
  try {
    await Promise.all(working);
  } catch (error) {
    giveUp.abort(error);
    await Promise.allSettled(working);
    // What has arrived whole is kept; the error of the downloads is the one to tell.
    await arrivals.flush().catch(() => {});
    throw error;
  } finally {
    progress.end();
  }
  await arrivals.flush();
  if ((await countRunItems(deps.db, run.id)).todo > 0) return 'yield';
  const counts = countsOf(run.counts);
  if (counts.active === 0 && counts.failed > 0) throw allFailed(counts.failed);
  return 'all_in';
}

/** The files still to fetch. Those whose bytes have come in another way are settled in passing. */
async function* missingItems(
  context: RunContext,
  arrivals: Arrivals,
  progress: ByteProgress,
): AsyncGenerator<RunItemRow> {
  const { deps, mirror, run } = context;
  let last: RunItemRow | undefined;
  for (;;) {
    const page = await nextRunItems(deps.db, { id: run.id, source_id: mirror.source_id }, last, 500);
    if (page.length === 0) return;
    for (const item of page) {
      if (!item.local) yield item;
      else {
        progress.settled(item);
        arrivals.local(item);
      }
    }
    last = page.at(-1);
  }
}

/** @returns fetches one file, in a slot that it is given; undefined for one that cannot be had, which is noted. */
function fetcher(
  context: RunContext,
  upstream: UpstreamDeps,
  slots: Slots,
  arrivals: Arrivals,
  progress: ByteProgress,
): (item: RunItemRow) => Promise<Receiving | undefined> {
  const { deps, mirror, timings } = context;
  const locate = upstreamFormat(mirror.source_type).locator(deps, upstream);
  let unavailable = 0;
  const pause = async (ms: number) => {
    slots.give();
    await sleep(ms, undefined, { signal: upstream.signal }).catch(() => {});
    await slots.take();
    upstream.signal?.throwIfAborted();
  };
  return async (item) => {
    const expect = {
      ...(item.sha256 ? { sha256: bytesToHex(item.sha256) as Sha256 } : {}),
      ...(item.md5 ? { md5: bytesToHex(item.md5) as Md5 } : {}),
      ...(item.size === null ? {} : { size: item.size }),
    };
    let receiving: Receiving | undefined;
    try {
      receiving = await deps.storage.receive({ expect, maxBytes: mostPackageBytes });
      progress.began(receiving);
      const { subdir, file, from_rev } = item;
      const location = await locate({ part: { source_id: mirror.source_id, subdir }, file, from_rev });
      await receivePackage(upstream, receiving, { subdir, file, location }, expect, {
        attempts,
        pauseMs: timings.retryPauseMs,
        pause,
      });
    } catch (error) {
      await receiving?.discard();
      upstream.signal?.throwIfAborted();
      if (!(error instanceof MirrorError)) throw error;
      unavailable = error.code === 'upstream_unavailable' ? unavailable + 1 : 0;
      if (unavailable >= downAfter) throw error;
      progress.settled(item, receiving);
      arrivals.failed(item, error);
      return undefined;
    }
    unavailable = 0;
    progress.settled(item, receiving);
    return receiving;
  };
}

function allFailed(failed: number): MirrorError {
  return new MirrorError(
    'all_files_failed',
    `None of the files could be brought in (${failed} failed). The list of failed files says why.`,
    {
      wanted: 'at least one file',
      found: `${failed} failed`,
    },
  );
}
