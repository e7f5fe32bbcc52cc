import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

export type ChannelRow = Selectable<Tables['channel']>;

/** A channel by its path, `<channel>` or `<channel>/<subchannel>`. */
export async function findChannel(db: Db, path: string): Promise<ChannelRow | undefined> {
  return db.selectFrom('channel').selectAll().where('path', '=', path).executeTakeFirst();
}

/** A channel by its number. */
export async function findChannelById(db: Db, id: number): Promise<ChannelRow | undefined> {
  return db.selectFrom('channel').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Tell every process that what it remembers of this thing is out of date, once the transaction commits. */
export async function notifyChanged(
  db: Db,
  noun: 'channel' | 'head' | 'token' | 'session' | 'account' | 'mirror',
  id: string | number,
): Promise<void> {
  await sql`select pg_notify('sluice_changed', ${`${noun}:${id}`})`.execute(db);
}
