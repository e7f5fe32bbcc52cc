import type { Selectable } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

/** A bundle that is made by the clock. */
export type BundleScheduleRow = Selectable<Tables['bundle_schedule']>;

/** Add one. Undefined when its name is taken. */
export async function insertBundleSchedule(
  db: Db,
  row: Omit<BundleScheduleRow, 'last_bundle_id'>,
): Promise<BundleScheduleRow | undefined> {
  return db
    .insertInto('bundle_schedule')
    .values({ ...row, definition: JSON.stringify(row.definition) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** All of them, by name. */
export async function listBundleSchedules(db: Db): Promise<BundleScheduleRow[]> {
  return db.selectFrom('bundle_schedule').selectAll().orderBy('name').execute();
}

/** Remove one by its id. */
export async function deleteBundleSchedule(db: Db, id: string): Promise<BundleScheduleRow | undefined> {
  return db.deleteFrom('bundle_schedule').where('id', '=', id).returningAll().executeTakeFirst();
}

/** Those whose time has come, locked; what another worker looks at just now is left to it. */
export async function dueBundleSchedules(trx: Db, now: Date, limit: number): Promise<BundleScheduleRow[]> {
  return trx
    .selectFrom('bundle_schedule')
    .selectAll()
    .where('next_run_at', '<=', now)
    .orderBy('next_run_at')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** Set when it is made next, and what was made last where something was. */
export async function moveBundleSchedule(
  trx: Db,
  id: string,
  next: { next_run_at?: Date | null; last_bundle_id?: string },
): Promise<void> {
  await trx.updateTable('bundle_schedule').set(next).where('id', '=', id).execute();
}
