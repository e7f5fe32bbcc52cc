import { sql } from 'kysely';
import { openStates } from '../run-states.ts';
import type { Db } from '../session.ts';
import { endColumns, ending, held, type RunEnd, type RunHold, type RunRow, until } from './run.ts';
import { stateAfter, takes } from './run-phase.ts';

// Runs in their last stage: nobody holds them, they wait for a publication of their channel and then for its documents.

/** Hand a run over to publishing: nobody holds it any more. @returns whether this holder still had it. */
export async function awaitPublication(
  db: Db,
  hold: RunHold,
  wait: { stepText: string; askAgainMs: number },
): Promise<boolean> {
  const row = await held(db, hold)
    .set((eb) => ({
      stage: 'publish',
      state: stateAfter('hand_over'),
      step: eb.ref('steps'),
      step_text: wait.stepText,
      step_done: 0,
      step_total: 0,
      bytes_rate: 0,
      seconds_left: null,
      lease_until: until(wait.askAgainMs),
    }))
    .where(takes('hand_over'))
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Runs of a channel that wait for a publication. */
export async function waitingRuns(db: Db, channelId: number): Promise<Pick<RunRow, 'id' | 'mirror_id'>[]> {
  return waiting(db, channelId).select(['run.id', 'run.mirror_id']).execute();
}

/** Note that these waiting runs are in the channel's head: what they wait for now are the documents of that publication. */
export async function noteAwaitedPublication(db: Db, channelId: number, runIds: readonly string[]): Promise<void> {
  await sql`
    update run set publication_no = channel.head_no from channel
    where channel.id = ${channelId} and run.id = any(${runIds}::uuid[]) and run.publication_no is null`.execute(db);
}

/** Waiting runs of a channel whose publication is out with its documents, or can be no more since the channel is deleted. */
export async function publishedRuns(db: Db, channelId: number): Promise<Pick<RunRow, 'id'>[]> {
  return waiting(db, channelId)
    .innerJoin('channel', 'channel.id', 'mirror.channel_id')
    .select('run.id')
    .where((eb) =>
      eb.or([eb('run.publication_no', '<=', eb.ref('channel.monolith_no')), eb('channel.deleted_at', 'is not', null)]),
    )
    .execute();
}

/** Waiting runs of a channel that are in its head, whose documents are not out. */
export async function undocumentedRuns(db: Db, channelId: number): Promise<Pick<RunRow, 'id'>[]> {
  return waiting(db, channelId)
    .innerJoin('channel', 'channel.id', 'mirror.channel_id')
    .select('run.id')
    .whereRef('run.publication_no', '>', 'channel.monolith_no')
    .execute();
}

/** Channels whose publication somebody waits for too long. The next look is due after `askAgainMs` at the earliest. */
export async function overduePublications(db: Db, askAgainMs: number): Promise<number[]> {
  const rows = await db
    .updateTable('run')
    .from('mirror')
    .set({ lease_until: until(askAgainMs) })
    .whereRef('mirror.id', '=', 'run.mirror_id')
    .where('run.state', 'in', openStates)
    .where('run.stage', '=', 'publish')
    .where('run.lease_until', '<', sql<Date>`clock_timestamp()`)
    .returning('mirror.channel_id')
    .execute();
  return [...new Set(rows.map((row) => row.channel_id))];
}

/** End a run that waits for its publication. @returns the run; undefined when it did not wait any more. */
export async function endWaitingRun(db: Db, id: string, end: RunEnd, now: Date): Promise<RunRow | undefined> {
  return db
    .updateTable('run')
    .set(endColumns(end, now))
    .where('id', '=', id)
    .where('stage', '=', 'publish')
    .where(takes(ending[end.state]))
    .returningAll()
    .executeTakeFirst();
}

function waiting(db: Db, channelId: number) {
  return db
    .selectFrom('run')
    .innerJoin('mirror', 'mirror.id', 'run.mirror_id')
    .where('run.state', 'in', openStates)
    .where('run.stage', '=', 'publish')
    .where('mirror.channel_id', '=', channelId);
}
