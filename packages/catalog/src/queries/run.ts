import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import { openStates, type RunEvent } from '../run-states.ts';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';
import { stateAfter, takes } from './run-phase.ts';

export type RunRow = Selectable<Tables['run']>;

/*
 * The lease of a run, all by the database's clock since the workers' clocks may differ:
 *
 *   claim      fence + 1, lease_until = now + lease. Only when nobody holds a lease that still counts.
 *   heartbeat  the holder of the fence moves lease_until on, as long as it has not passed. A lapsed lease is lost.
 *   commit     every transaction of the run asks holdsLease last: it locks the run's row, so no claim can come between.
 *
 * In the stage `publish` nobody holds the run: lease_until is then the time at which to ask for the publication again.
 */

/** Add a run in state `pending`. Undefined when the mirror has an open run. */
export async function insertRun(
  db: Db,
  run: { id: string; mirror_id: string; cause: string; actor: string | null },
  now: Date,
): Promise<RunRow | undefined> {
  return db
    .insertInto('run')
    .values({ ...run, state: 'pending', created_at: now })
    .onConflict((conflict) => conflict.column('mirror_id').where('state', 'in', openStates).doNothing())
    .returningAll()
    .executeTakeFirst();
}

/**
 * Take an open run that nobody is working on: the fence goes up by one and the lease begins.
 *
 * @returns the run as it is now; undefined when it is over, held by another, or waits for its publication.
 */
export async function claimRun(
  db: Db,
  id: string,
  claim: { worker: string; leaseMs: number },
  now: Date,
): Promise<RunRow | undefined> {
  return db
    .updateTable('run')
    .set((eb) => ({
      fence: eb('fence', '+', 1),
      worker: claim.worker,
      lease_until: until(claim.leaseMs),
      state: stateAfter('claim'),
      started_at: sql<Date>`coalesce(started_at, ${now})`,
    }))
    .where('id', '=', id)
    .where(takes('claim'))
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`clock_timestamp()`)]))
    .returningAll()
    .executeTakeFirst();
}

/** A claimed run: its number and the fence it was claimed with. */
export interface RunHold {
  id: string;
  fence: number;
}

/** Move the lease on. Undefined when it is lost; otherwise whether somebody asked the run to stop. */
export async function renewLease(
  db: Db,
  hold: RunHold,
  leaseMs: number,
): Promise<{ stop_requested: boolean } | undefined> {
  return held(db, hold)
    .set({ lease_until: until(leaseMs) })
    .returning('stop_requested')
    .executeTakeFirst();
}

/**
 * Does this holder still have the lease? Locks the run's row until the transaction ends. For the end of a transaction:
 * one that sleeps from here on is ended by the server, so that it cannot keep a successor waiting.
 */
export async function holdsLease(db: Db, hold: RunHold): Promise<boolean> {
  await boundIdleTransaction(db);
  const row = await db
    .selectFrom('run')
    .select('id')
    .where('id', '=', hold.id)
    .where('fence', '=', hold.fence)
    .where('lease_until', '>', sql<Date>`clock_timestamp()`)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** What a run says of itself while it works. Counts are whole, not differences. */
export type RunProgress = Partial<
  Pick<
    RunRow,
    | 'stage'
    | 'step'
    | 'steps'
    | 'step_text'
    | 'step_done'
    | 'step_total'
    | 'revision'
    | 'plan_key'
    | 'counts'
    | 'last_key'
    | 'bytes_done'
    | 'bytes_total'
    | 'bytes_rate'
    | 'seconds_left'
  >
>;

/** Has somebody asked the run to stop? */
export async function stopRequested(db: Db, id: string): Promise<boolean> {
  const row = await db.selectFrom('run').select('stop_requested').where('id', '=', id).executeTakeFirst();
  return row?.stop_requested ?? true;
}

/** Save progress, if this holder still has the lease. @returns whether it had. */
export async function saveProgress(db: Db, hold: RunHold, progress: RunProgress): Promise<boolean> {
  const { counts, ...columns } = progress;
  const row = await held(db, hold)
    .set({ ...columns, ...(counts === undefined ? {} : { counts: JSON.stringify(counts) }) })
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Give the lease back so that any worker may go on. @returns whether this holder still had it. */
export async function releaseLease(db: Db, hold: RunHold): Promise<boolean> {
  const row = await held(db, hold).set({ lease_until: null }).returning('id').executeTakeFirst();
  return row !== undefined;
}

/** How a run ended. */
export interface RunEnd {
  state: 'stopped' | 'completed' | 'failed';
  error?: { code: string; text: string };
  /** The request to the upstream that ended it, without secrets. */
  failedRequest?: object | undefined;
}

/** The event of each end. */
export const ending = { stopped: 'halt', completed: 'complete', failed: 'fail' } as const satisfies Record<
  string,
  RunEvent
>;

/** End a run that this holder has. @returns whether it still had it. */
export async function endRun(db: Db, hold: RunHold, end: RunEnd, now: Date): Promise<boolean> {
  const row = await held(db, hold)
    .set(endColumns(end, now))
    .where(takes(ending[end.state]))
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Halt a run that is to be stopped and that nobody holds: not yet begun, or its worker is gone. @returns whether it was such a run. */
export async function haltIdleRun(db: Db, id: string, now: Date): Promise<boolean> {
  const row = await db
    .updateTable('run')
    .set((eb) => ({ ...endColumns({ state: 'stopped' }, now), fence: eb('fence', '+', 1) }))
    .where('id', '=', id)
    .where(takes('halt'))
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`clock_timestamp()`)]))
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Ask the open run of a mirror to stop; one that only waits for its publication is over at once. Undefined when none is open. */
export async function requestStop(db: Db, mirrorId: string, now: Date): Promise<RunRow | undefined> {
  return db
    .updateTable('run')
    .set({
      stop_requested: true,
      state: stateAfter('stop'),
      // A stop that finds no work under way ends the run; else its worker does.
      finished_at: sql<Date | null>`case ${stateAfter('stop')} when 'stopped' then ${now}::timestamptz end`,
      lease_until: sql<Date | null>`case ${stateAfter('stop')} when 'stopped' then null else lease_until end`,
    })
    .where('mirror_id', '=', mirrorId)
    .where('state', 'in', openStates)
    .where(takes('stop'))
    .returningAll()
    .executeTakeFirst();
}

/** Open runs that nobody works on although they wait for no publication. */
export async function lapsedRuns(db: Db, limit: number): Promise<Pick<RunRow, 'id' | 'state'>[]> {
  return db
    .selectFrom('run')
    .select(['id', 'state'])
    .where('state', 'in', openStates)
    .where(takes('claim'))
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`clock_timestamp()`)]))
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** A run by its id. */
export async function findRun(db: Db, id: string): Promise<RunRow | undefined> {
  return db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The runs of a mirror, newest first, and how many there are. */
export async function mirrorRuns(
  db: Db,
  mirrorId: string,
  page: { limit: number; offset: number },
): Promise<{ rows: RunRow[]; total_count: number }> {
  const own = db.selectFrom('run').where('mirror_id', '=', mirrorId);
  const rows = await own
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const count = await own.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}

/** The newest completed run of a mirror: what it had planned is what the layer shows. */
export async function lastCompletedRun(db: Db, mirrorId: string): Promise<RunRow | undefined> {
  return db
    .selectFrom('run')
    .selectAll()
    .where('mirror_id', '=', mirrorId)
    .where('state', '=', 'completed')
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/** Have the server end this transaction's session when it waits 10 s for its client: the client is asleep. */
export async function boundIdleTransaction(db: Db): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', '10000', true)`.execute(db);
}

/** An update of a run that this holder still has. */
export function held(db: Db, hold: RunHold) {
  return db
    .updateTable('run')
    .where('id', '=', hold.id)
    .where('fence', '=', hold.fence)
    .where('state', 'in', openStates)
    .where('lease_until', '>', sql<Date>`clock_timestamp()`);
}

/** So many ms from now, by the database's clock. */
export function until(leaseMs: number) {
  return sql<Date>`clock_timestamp() + ${leaseMs} * interval '1 millisecond'`;
}

/** What an ended run says of its end. */
export function endColumns(end: RunEnd, now: Date) {
  return {
    state: end.state,
    lease_until: null,
    finished_at: now,
    error_code: end.error?.code ?? null,
    error_text: end.error?.text ?? null,
    failed_request: end.failedRequest === undefined ? null : JSON.stringify(end.failedRequest),
  };
}
