import {
  boundIdleTransaction,
  type Db,
  type MirrorRow,
  type RunProgress,
  type RunRow,
  saveProgress,
} from '@sluice/catalog';
import type { MirrorDeps } from '../deps.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';
import { fencedOut, type Lease } from './keep-lease.ts';
import type { RunTimings } from './timings.ts';

/** What the stages of a run work with. */
export interface RunContext {
  deps: MirrorDeps;
  timings: RunTimings;
  /** As it was when this slice began, kept up to date by {@link save}. */
  run: RunRow;
  mirror: MirrorRow;
  lease: Lease;
  upstream: UpstreamDeps;
  /** False when this slice should end at the next safe place. */
  hasTime: () => boolean;
}

/** How a stage ended: the next one may begin, or the slice is over and another goes on. */
export type StageEnd = 'next' | 'yield';

/** Save progress of the run, in a transaction or by itself. @throws {MirrorError} `fenced_out`. */
export async function save(context: RunContext, progress: RunProgress, db: Db = context.deps.db): Promise<void> {
  if (!(await saveProgress(db, context.lease.hold, progress))) throw fencedOut();
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

/** A way to report often and write seldom: at most every half second; what is lost is only progress. */
export function reporter(context: RunContext): (progress: RunProgress) => void {
  let last = performance.now();
  let writing = false;
  return (progress) => {
    if (writing || performance.now() - last < 500 || context.lease.signal.aborted) return;
    writing = true;
    last = performance.now();
    saveProgress(context.deps.db, context.lease.hold, progress)
      .catch(() => {})
      .finally(() => {
        writing = false;
      });
  };
}
