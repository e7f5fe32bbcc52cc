import {
  addToReport,
  awaitPublication,
  type Db,
  enqueuePublication,
  findChannelById,
  findDependencyLines,
  type MirrorRow,
  moveMirror,
  notifyChanged,
  type RunRow,
} from '@sluice/catalog';
import type { LayerDefinition } from '@sluice/policy';
import { keepVanished } from '../keep/keep-vanished.ts';
import { completeRun } from './complete-runs.ts';
import { fencedOut } from './keep-lease.ts';
import { changesOf } from './run-changes.ts';
import { type RunContext, save } from './run-context.ts';
import { countsOf } from './run-counts.ts';

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
    const to = { source_id: mirror.source_id, revision: run.revision! };
    const changes = await changesOf(trx, mirror.id, to);
    const { begun, over, kept } = await keepVanished(deps, trx, mirror.id, to, { cause: 'vanish', run_id: run.id });
    const counts = countsOf(run.counts);
    // What the mirror goes on showing was not removed; what it kept until now and keeps no longer was.
    const removed = Math.max(0, counts.removed - begun) + over;
    await save(context, { counts: { ...counts, removed, kept } }, trx);
    const dependencies = await dependenciesOf(trx, mirror, run);
    await addToReport(trx, run.id, { changes, ...(dependencies && { dependencies }) });
    await moveMirror(trx, mirror.id, { source_id: mirror.source_id, at_rev: run.revision!, last_run_id: run.id });
    const wait = { stepText: 'Publishing', askAgainMs: timings.askAgainMs };
    if (!(await awaitPublication(trx, lease.hold, wait))) throw fencedOut();
    await enqueuePublication(trx, mirror.channel_id, [{ text: `mirror ${mirror.name}`, actor: run.actor }]);
    await notifyChanged(trx, 'mirror', mirror.id);
    if (channel?.frozen) await completeRun(trx, run.id, now);
  });
}

/** The sums of what was worked out when the run was planned; undefined where the mirror does not include dependencies. */
async function dependenciesOf(trx: Db, { source_id }: MirrorRow, { plan_key, revision }: RunRow) {
  if (plan_key === null || revision === null) return undefined;
  const definition = JSON.parse(plan_key) as LayerDefinition;
  return (await findDependencyLines(trx, { sourceId: source_id, revision, definition }))?.summary;
}
