import { enqueuePublication, findMirror, findRun, haltIdleRun, lapsedRuns, overduePublications } from '@sluice/catalog';
import type { MirrorDeps } from '../deps.ts';
import { recordEnd } from './record-end.ts';
import { enqueueSlice } from './run-slice.ts';
import { defaultTimings } from './timings.ts';

const mostAtOnce = 200;

/** What a sweep did. */
export interface Swept {
  /** Runs whose next slice was queued. */
  queued: number;
  /** Runs that were asked to stop while nobody worked on them. */
  stopped: number;
  /** Channels whose publication was asked for again. */
  publications: number;
}

/**
 * Pick up what no worker works on: runs whose lease lapsed go on, runs to be stopped are, publications that did not come
 * are asked for again. Runs every few seconds in every worker; doing it twice does no harm.
 */
export async function sweepRuns(
  deps: Pick<MirrorDeps, 'db' | 'now'>,
  askAgainMs: number = defaultTimings.askAgainMs,
): Promise<Swept> {
  const swept: Swept = { queued: 0, stopped: 0, publications: 0 };
  for (const { id, state } of await lapsedRuns(deps.db, mostAtOnce)) {
    if (state === 'stopping') {
      if (await stopIdleRun(deps, id)) swept.stopped++;
      continue;
    }
    await enqueueSlice(deps.db, id);
    swept.queued++;
  }
  await deps.db.transaction().execute(async (trx) => {
    for (const channelId of await overduePublications(trx, askAgainMs)) {
      await enqueuePublication(trx, channelId, []);
      swept.publications++;
    }
  });
  return swept;
}

/** Stop a run that nobody works on. @returns whether it was one. */
export async function stopIdleRun(deps: Pick<MirrorDeps, 'db' | 'now'>, runId: string): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const now = deps.now();
    if (!(await haltIdleRun(trx, runId, now))) return false;
    const run = await findRun(trx, runId);
    const mirror = run && (await findMirror(trx, run.mirror_id));
    if (mirror) await recordEnd(trx, mirror, run, { state: 'stopped' }, now);
    return true;
  });
}
