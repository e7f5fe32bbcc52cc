import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** The settings that somebody has set, by name. Names with a dot in front are kept by the server itself. */
export async function readSettings(db: Db): Promise<Record<string, unknown>> {
  const rows = await db.selectFrom('setting').select(['name', 'value']).orderBy('name').execute();
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** Set one that nobody has set yet; what is there stays. */
export async function insertSetting(db: Db, name: string, value: unknown, now: Date): Promise<void> {
  await db
    .insertInto('setting')
    .values({ name, value: JSON.stringify(value), updated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Set settings; those not named stay as they are. Values are what JSON can say. */
export async function saveSettings(db: Db, settings: Record<string, unknown>, now: Date): Promise<void> {
  const rows = Object.entries(settings).map(([name, value]) => ({
    name,
    value: JSON.stringify(value),
    updated_at: now,
  }));
  if (rows.length === 0) return;
  await db
    .insertInto('setting')
    .values(rows.sort((a, b) => (a.name < b.name ? -1 : 1)))
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ value: sql`excluded.value`, updated_at: sql`excluded.updated_at` }),
    )
    .execute();
}
