import {
  completeWaitingRun,
  type Db,
  findMirror,
  noteAwaitedPublication,
  publishedRuns,
  recordEvent,
  waitingRuns,
} from '@sluice/catalog';
import type { MirrorDeps } from '../deps.ts';

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

/** Complete one waiting run, with its event. Does nothing when it no longer waits. */
export async function completeRun(trx: Db, runId: string, now: Date): Promise<void> {
  const run = await completeWaitingRun(trx, runId, now);
  const mirror = run && (await findMirror(trx, run.mirror_id));
  if (!mirror) return;
  await recordEvent(trx, {
    at: now,
    actor: run.actor ?? 'system',
    action: 'mirror_completed',
    channel: mirror.channel_path,
    subject: mirror.name,
    data: { mirror_id: mirror.id, run_id: run.id, revision: run.revision, count: run.counts },
  });
}
