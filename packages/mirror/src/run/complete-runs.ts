import {
  addToReport,
  countConflicts,
  type Db,
  endWaitingRun,
  findMirror,
  noteAwaitedPublication,
  publishedRuns,
  type RunEnd,
  undocumentedRuns,
  waitingRuns,
} from '@sluice/catalog';
import type { MirrorDeps } from '../deps.ts';
import { rememberedError } from '../error-code.ts';
import { recordEnd } from './record-end.ts';

/**
 * Publish a channel for the runs that wait for that: from then on they wait for the documents of its head. Only those that
 * waited before count: what a later one brought may not be in this publication, and it has asked for its own.
 *
 * @param publish does it; whatever it answers (also that nothing changed, or that the channel is frozen), the channel then
 *   shows all it is going to show of these runs. Undefined when it did not come to it: the runs go on waiting.
 */
export async function publishingRuns<T>(
  deps: Pick<MirrorDeps, 'db'>,
  channelId: number,
  publish: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const waiting = await waitingRuns(deps.db, channelId);
  const outcome = await publish();
  if (outcome !== undefined && waiting.length > 0) {
    await noteAwaitedPublication(
      deps.db,
      channelId,
      waiting.map(({ id }) => id),
    );
  }
  return outcome;
}

/** Complete the runs of a channel whose publication is out, its documents too. */
export async function completePublishedRuns(deps: Pick<MirrorDeps, 'db' | 'now'>, channelId: number): Promise<void> {
  for (const { id } of await publishedRuns(deps.db, channelId)) {
    await deps.db.transaction().execute((trx) => completeRun(trx, id, deps.now()));
  }
}

/**
 * Fail the runs that wait for documents which cannot be written: what they brought is in the head, and the mirror is free for
 * another run, which tries again.
 *
 * @param error why; the run says so.
 */
export async function failUndocumentedRuns(
  deps: Pick<MirrorDeps, 'db' | 'now'>,
  channelId: number,
  error: unknown,
): Promise<void> {
  const end: RunEnd = { state: 'failed', error: rememberedError(error) };
  for (const { id } of await undocumentedRuns(deps.db, channelId)) {
    await deps.db.transaction().execute((trx) => endWaiting(trx, id, end, deps.now()));
  }
}

/** Complete one waiting run, with its event. Does nothing when it no longer waits. */
export function completeRun(trx: Db, runId: string, now: Date): Promise<void> {
  return endWaiting(trx, runId, { state: 'completed' }, now);
}

async function endWaiting(trx: Db, runId: string, end: RunEnd, now: Date): Promise<void> {
  const run = await endWaitingRun(trx, runId, end, now);
  const mirror = run && (await findMirror(trx, run.mirror_id));
  if (!mirror) return;
  if (end.state === 'completed') await addToReport(trx, run.id, { conflicts: await countConflicts(trx, mirror.id) });
  await recordEnd(trx, mirror, run, end, now);
}
