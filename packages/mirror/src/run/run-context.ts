import {
  boundIdleTransaction,
  type Db,
  type MirrorRow,
  type RunProgress,
  type RunRow,
  saveProgress,
} from '@sluice/catalog';
import type { Facts } from '@sluice/policy';
import type { MirrorDeps } from '../deps.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';
import type { FileSet } from './file-set.ts';
import { fencedOut, type Lease } from './keep-lease.ts';
import { rateOver, secondsLeft } from './rate.ts';
import type { RunTimings } from './timings.ts';
import type { Traffic } from './traffic.ts';

/** What the stages of a run work with. */
export interface RunContext {
  deps: MirrorDeps;
  timings: RunTimings;
  /** As it was when this slice began, kept up to date by {@link save}. */
  run: RunRow;
  mirror: MirrorRow;
  lease: Lease;
  /** Its `http` is that of `traffic`. */
  upstream: UpstreamDeps;
  traffic: Traffic;
  /** Facts that are asked for next and would be read back otherwise; or on their way. Holding them is all. */
  facts?: Facts | Promise<Facts | undefined>;
  /** See `shownBefore`. */
  before?: Promise<FileSet | undefined>;
  /** False when this slice should end at the next safe place. */
  hasTime: () => boolean;
}

/**
 * How a stage ended: the next one may begin, the slice is over and another goes on, or nothing is left but to hand the run over.
 * Only that writes the stage `publish`: a worker that dies before it has handed over nothing.
 */
export type StageEnd = 'next' | 'yield' | 'all_in';

/** Give the facts that are held to whoever judges next, a publication or another slice, and hold them no longer. */
export async function handFactsOn(context: RunContext): Promise<void> {
  const facts = await context.facts;
  context.facts = undefined;
  if (facts) context.deps.handOn?.(facts);
}

/** Save progress of the run, in a transaction or by itself. @throws {MirrorError} `fenced_out`. */
export async function save(context: RunContext, progress: RunProgress, db: Db = context.deps.db): Promise<void> {
  // What was measured of one step says nothing of the next.
  const fresh = progress.step === undefined ? {} : { seconds_left: null };
  if (!(await saveProgress(db, context.lease.hold, { ...fresh, ...progress }))) throw fencedOut();
  Object.assign(context.run, progress);
}

/** Write in one transaction that ends with a look at the lease. @throws {MirrorError} `fenced_out`. */
export async function commit<T>(context: RunContext, work: (trx: Db) => Promise<T>): Promise<T> {
  return context.deps.db.transaction().execute(async (trx) => {
    await boundIdleTransaction(trx);
    const result = await work(trx);
    await context.lease.guard(trx);
    return result;
  });
}

/** Rates are measured over so much time. */
const rateWindowMs = 10_000;

/**
 * A way to report often and write seldom: at most every half second; what is lost is only progress. How fast it goes, and
 * how long it may take, is worked out from what is reported.
 */
export function reporter(context: RunContext): (progress: RunProgress) => void {
  const network = rateOver(rateWindowMs);
  const work = rateOver(rateWindowMs);
  let last = performance.now();
  let writing = false;
  return (progress) => {
    const now = performance.now();
    if (writing || now - last < 500 || context.lease.signal.aborted) return;
    writing = true;
    last = now;
    const { done, total } = amountOf(progress);
    const seconds_left = secondsLeft(done, total, work.at(now, done));
    const bytes_rate = Math.round(network.at(now, context.traffic.bytes()));
    saveProgress(context.deps.db, context.lease.hold, { ...progress, bytes_rate, seconds_left })
      .catch(() => {})
      .finally(() => {
        writing = false;
      });
  };
}

/** What of a stage is done: bytes where these are counted, else steps. */
function amountOf({ bytes_done, bytes_total, step_done, step_total }: RunProgress): { done: number; total: number } {
  if (bytes_total) return { done: bytes_done ?? 0, total: bytes_total };
  return { done: step_done ?? 0, total: step_total ?? 0 };
}
