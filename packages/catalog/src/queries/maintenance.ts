import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

/** A collection or a check: how far it is and what it has found. `marks` is read apart. */
export type MaintenanceRow = Omit<Selectable<Tables['maintenance']>, 'marks'>;
export type MaintenanceKind = MaintenanceRow['kind'];

const columns = [
  'id',
  'kind',
  'state',
  'options',
  'actor',
  'step',
  'place',
  'report',
  'error_text',
  'created_at',
  'started_at',
  'finished_at',
] as const;
const openStates = ['pending', 'running'] as const;

/** Add one in state `pending`. Undefined when one of its kind is not over. */
export async function insertMaintenance(
  db: Db,
  run: { id: string; kind: MaintenanceKind; options: Record<string, unknown>; actor: string },
  now: Date,
): Promise<MaintenanceRow | undefined> {
  return db
    .insertInto('maintenance')
    .values({ ...run, options: JSON.stringify(run.options), state: 'pending', created_at: now })
    .onConflict((conflict) => conflict.column('kind').where('state', 'in', openStates).doNothing())
    .returning(columns)
    .executeTakeFirst();
}

/** One by its id. */
export async function findMaintenance(db: Db, id: string): Promise<MaintenanceRow | undefined> {
  return db.selectFrom('maintenance').select(columns).where('id', '=', id).executeTakeFirst();
}

/** The one of a kind that is not over. */
export async function openMaintenance(db: Db, kind: MaintenanceKind): Promise<MaintenanceRow | undefined> {
  return db
    .selectFrom('maintenance')
    .select(columns)
    .where('kind', '=', kind)
    .where('state', 'in', openStates)
    .executeTakeFirst();
}

/** One page of them, newest first, and how many there are. */
export async function listMaintenance(
  db: Db,
  page: { limit: number; offset: number },
): Promise<{ rows: MaintenanceRow[]; total_count: number }> {
  const rows = await db
    .selectFrom('maintenance')
    .select(columns)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const count = await db
    .selectFrom('maintenance')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}

/** Its marks, as saved last. */
export async function maintenanceMarks(db: Db, id: string): Promise<Uint8Array | null> {
  const row = await db.selectFrom('maintenance').select('marks').where('id', '=', id).executeTakeFirst();
  return row?.marks ?? null;
}

/** What a step leaves behind. `marks` stay as they are when left out. */
export interface MaintenanceStep {
  place: Record<string, unknown>;
  report: Record<string, unknown>;
  marks?: Uint8Array | null;
  /** It is over; with a text it failed. */
  end?: { error_text: string | null };
}

/**
 * Save where a run is after step `step`. False when another worker has written that step already: then it goes on there,
 * and this one has nothing more to do.
 */
export async function saveMaintenance(
  db: Db,
  run: { id: string; step: number },
  { place, report, marks, end }: MaintenanceStep,
  now: Date,
): Promise<boolean> {
  const row = await db
    .updateTable('maintenance')
    .set({
      step: run.step + 1,
      place: JSON.stringify(place),
      report: JSON.stringify(report),
      state: end === undefined ? 'running' : end.error_text === null ? 'completed' : 'failed',
      started_at: sql<Date>`coalesce(started_at, ${now})`,
      ...(marks === undefined ? {} : { marks }),
      ...(end === undefined ? {} : { marks: null, error_text: end.error_text, finished_at: now }),
    })
    .where('id', '=', run.id)
    .where('step', '=', run.step)
    .where('state', 'in', openStates)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Forget all but the newest `keep` of a kind. */
export async function forgetOldMaintenance(db: Db, kind: MaintenanceKind, keep: number): Promise<void> {
  await sql`
    delete from maintenance where kind = ${kind} and id in (
      select id from maintenance where kind = ${kind} and finished_at is not null order by created_at desc, id offset ${keep}
    )`.execute(db);
}
