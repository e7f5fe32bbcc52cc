import { awaitPublication, enqueuePublication, findChannelById, moveMirror, notifyChanged } from '@sluice/catalog';
import { completeRun } from './complete-runs.ts';
import { fencedOut } from './keep-lease.ts';
import type { RunContext } from './run-context.ts';

/**
 * Last stage: in one transaction the mirror moves to the run's revision, a publication is asked for, and nobody holds the
 * run any more. It is completed when that publication is out; for a frozen channel, which gets none, at once.
 */
export async function handOver(context: RunContext): Promise<void> {
  const { deps, lease, mirror, run, timings } = context;
  await deps.db.transaction().execute(async (trx) => {
    const now = deps.now();
    // Locks the run's row: from here to the commit nobody can take it over.
    await lease.guard(trx);
    const channel = await findChannelById(trx, mirror.channel_id);
    await moveMirror(trx, mirror.id, { source_id: mirror.source_id, at_rev: run.revision!, last_run_id: run.id });
    const wait = { stepText: 'Publishing', askAgainMs: timings.askAgainMs };
    if (!(await awaitPublication(trx, lease.hold, wait))) throw fencedOut();
    await enqueuePublication(trx, mirror.channel_id, [{ text: `mirror ${mirror.name}`, actor: run.actor }]);
    await notifyChanged(trx, 'mirror', mirror.id);
    if (channel?.frozen) await completeRun(trx, run.id, now);
  });
}
