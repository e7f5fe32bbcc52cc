import {
  boundIdleTransaction,
  claimRun,
  type Db,
  endEarlierWorkers,
  endRun,
  enqueue,
  findMirror,
  isConnectionLoss,
  type MirrorRow,
  poolOfRun,
  type RunEnd,
  type RunRow,
  recordEvent,
  releaseLease,
} from '@sluice/catalog';
import type { MirrorDeps } from '../deps.ts';
import { houseCodeOf, rememberedError } from '../error-code.ts';
import { MirrorError } from '../errors.ts';
import { upstreamOf } from '../upstream-of.ts';
import { upstreamFormat } from '../upstreams/index.ts';
import { downloadFiles } from './download-files.ts';
import { handOver } from './hand-over.ts';
import { isFencedOut, keepLease } from './keep-lease.ts';
import { planRun } from './plan-run.ts';
import { recordEnd } from './record-end.ts';
import { commit, handFactsOn, type RunContext, type StageEnd } from './run-context.ts';
import { defaultTimings, type RunTimings } from './timings.ts';
import { type Traffic, watchTraffic } from './traffic.ts';

/**
 * How a slice ended.
 *
 *     gone       the run is over, waits for its publication, or another worker has it: nothing was done
 *     fenced_out  the lease was lost while working: nothing more was written, and whoever has it now goes on
 *     yielded    the time was up or the process stops: the next slice is queued
 *     handed_over  everything is in; the publication is asked for
 *     stopped, failed  the run is over
 */
export type SliceEnd = 'gone' | 'fenced_out' | 'yielded' | 'handed_over' | 'stopped' | 'failed';

/** Who works, and for how long. */
export interface SliceOptions {
  /** Name of this worker, for people. */
  worker: string;
  /** Aborted when the process stops. */
  signal?: AbortSignal;
  timings?: Partial<RunTimings>;
}

/**
 * Work on a run for one slice: claim it, go on where it stands, and leave it in a state any worker can go on from.
 *
 *     refresh ──► plan ──► download (active only) ──► publish
 *
 * Every transaction ends with a look at the lease, so a worker that lost it writes nothing. An expected failure ends the
 * run as failed; when the database is away the run stays open, and the sweeper has it continued.
 *
 * @throws what was not expected (after the run was marked failed), or the loss of the database.
 */
export async function runSlice(deps: MirrorDeps, runId: string, options: SliceOptions): Promise<SliceEnd> {
  const timings = { ...defaultTimings, ...options.timings };
  const run = await claimRun(deps.db, runId, { worker: options.worker, leaseMs: timings.leaseMs }, deps.now());
  if (!run) return 'gone';
  const mirror = await findMirror(deps.db, run.mirror_id);
  if (!mirror) return 'gone';
  const hold = { id: run.id, fence: run.fence };
  const lease = keepLease(deps.db, hold, timings, options.signal);
  const deadline = performance.now() + timings.sliceMs;
  let traffic: Traffic | undefined;
  try {
    if (run.fence > 1) await endEarlierWorkers(deps.db, hold);
    const upstream = upstreamOf(deps, mirror);
    traffic = watchTraffic(upstream.http, { bytesPerSecond: mirror.limits.bytes_per_second, now: deps.now });
    const context: RunContext = {
      deps: {
        ...deps,
        pool: poolOfRun(deps.pool, hold),
        by: { cause: 'run', run_id: run.id, actor: run.actor },
        hold: (facts) => {
          context.facts = facts;
        },
      },
      timings,
      run,
      mirror,
      lease,
      traffic,
      upstream: { ...upstream, http: traffic.http, signal: lease.signal },
      hasTime: () => performance.now() < deadline && !lease.signal.aborted && !lease.isLapsed(),
    };
    if (run.stop_requested) throw new MirrorError('run_stopped', 'The run was stopped by request.');
    if (run.fence === 1) await commit(context, (trx) => recordStart(trx, deps, mirror, run));
    return await stages(context);
  } catch (error) {
    // After a long sleep whatever fails first is an effect of it, such as a session that the successor ended.
    if (lease.isLapsed()) return 'fenced_out';
    const reason: unknown = lease.signal.aborted ? lease.signal.reason : error;
    return await endSlice({ deps, run, mirror, lease, traffic, stopping: options.signal?.aborted ?? false }, reason);
  } finally {
    lease.end();
  }
}

async function stages(context: RunContext): Promise<SliceEnd> {
  const work: Record<'refresh' | 'plan' | 'download', (context: RunContext) => Promise<StageEnd>> = {
    refresh: upstreamFormat(context.mirror.source_type).refresh,
    plan: planRun,
    download: downloadFiles,
  };
  while (context.run.stage !== 'publish') {
    const end = await work[context.run.stage](context);
    context.lease.signal.throwIfAborted();
    if (end === 'yield') {
      await handFactsOn(context);
      return yieldRun(context.deps, context.lease.hold);
    }
    if (end === 'all_in') break;
  }
  await handOver(context);
  return 'handed_over';
}

/** Give the run back and queue its next slice, in one transaction. */
async function yieldRun(deps: MirrorDeps, hold: RunContext['lease']['hold']): Promise<'yielded' | 'fenced_out'> {
  return deps.db.transaction().execute(async (trx) => {
    await boundIdleTransaction(trx);
    if (!(await releaseLease(trx, hold))) return 'fenced_out';
    await enqueueSlice(trx, hold.id);
    return 'yielded';
  });
}

/** Queue work on a run. Asked twice, it is queued once. */
export async function enqueueSlice(db: Db, runId: string): Promise<void> {
  await enqueue(db, 'run-slice', { run_id: runId }, { key: `run:${runId}` });
}

interface Ending {
  deps: MirrorDeps;
  run: RunRow;
  mirror: MirrorRow;
  lease: RunContext['lease'];
  traffic: Traffic | undefined;
  /** The process stops: somebody else should go on. */
  stopping: boolean;
}

async function endSlice({ deps, run, mirror, lease, traffic, stopping }: Ending, error: unknown): Promise<SliceEnd> {
  if (isFencedOut(error)) return 'fenced_out';
  if (isConnectionLoss(error)) throw error;
  if (stopping) return yieldRun(deps, lease.hold);
  const isStop = error instanceof MirrorError && error.code === 'run_stopped';
  const end: RunEnd = isStop
    ? { state: 'stopped' }
    : { state: 'failed', error: rememberedError(error), failedRequest: traffic?.failedRequest(error) };
  const now = deps.now();
  const ended = await deps.db.transaction().execute(async (trx) => {
    await boundIdleTransaction(trx);
    if (!(await endRun(trx, lease.hold, end, now))) return false;
    await recordEnd(trx, mirror, run, end, now);
    return true;
  });
  if (ended && !isStop && houseCodeOf(error) === undefined) throw error;
  if (!ended) return 'fenced_out';
  return isStop ? 'stopped' : 'failed';
}

async function recordStart(trx: Db, deps: MirrorDeps, mirror: MirrorRow, run: RunRow): Promise<void> {
  await recordEvent(trx, {
    at: deps.now(),
    actor: run.actor ?? 'system',
    action: run.cause === 'restart' ? 'mirror_restarted' : 'mirror_started',
    channel: mirror.channel_path,
    subject: mirror.name,
    data: { mirror_id: mirror.id, run_id: run.id, cause: run.cause },
  });
}
