import type { Insertable, Selectable, Updateable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

export type ChannelRow = Selectable<Tables['channel']>;

/** What a new channel needs; the rest has defaults. */
export type NewChannel = Pick<ChannelRow, 'path' | 'parent_id' | 'privacy' | 'owner_id'> &
  Pick<ChannelRow, 'description' | 'types' | 'filters' | 'frozen'>;

/** A channel by its path, `<channel>` or `<channel>/<subchannel>`. One that is being deleted is not there any more. */
export async function findChannel(db: Db, path: string): Promise<ChannelRow | undefined> {
  return live(db).where('path', '=', path).executeTakeFirst();
}

/** A channel by its number, unless it is being deleted. */
export async function findChannelById(db: Db, id: number): Promise<ChannelRow | undefined> {
  return live(db).where('id', '=', id).executeTakeFirst();
}

/**
 * A channel by its number, unless it is being deleted, and its row locked until the transaction ends: `change` for who
 * changes it or moves its head, `stay` for who only needs it not to be deleted meanwhile.
 */
export async function lockChannel(db: Db, id: number, why: 'change' | 'stay'): Promise<ChannelRow | undefined> {
  const query = live(db).where('id', '=', id);
  // Deleting a channel changes its path, a key: that is what a key share keeps out.
  return (why === 'change' ? query.forNoKeyUpdate() : query.forKeyShare()).executeTakeFirst();
}

/** Add a channel. Undefined when its path is taken. */
export async function insertChannel(db: Db, channel: NewChannel, now: Date): Promise<ChannelRow | undefined> {
  const values: Insertable<Tables['channel']> = {
    ...channel,
    filters: JSON.stringify(channel.filters),
    created_at: now,
    updated_at: now,
  };
  return db
    .insertInto('channel')
    .values(values)
    .onConflict((conflict) => conflict.column('path').doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** What of a channel can be changed. */
export type ChannelChange = Partial<
  Pick<ChannelRow, 'description' | 'privacy' | 'types' | 'filters' | 'frozen' | 'retention'>
>;

/** Change a channel. */
export async function updateChannel(db: Db, id: number, change: ChannelChange, now: Date): Promise<ChannelRow> {
  const { filters, retention, ...columns } = change;
  const values: Updateable<Tables['channel']> = { ...columns, updated_at: now };
  if (retention !== undefined) values.retention = retention && JSON.stringify(retention);
  if (filters !== undefined) values.filters = JSON.stringify(filters);
  return db.updateTable('channel').set(values).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/**
 * Take a channel and its subchannels out of sight: no query finds them any more, their names are free, their mirrors run
 * no more. Their rows stay until a job removes them.
 *
 * @returns the channels that went, with the paths they had.
 */
export async function markChannelDeleted(db: Db, id: number, now: Date): Promise<Pick<ChannelRow, 'id' | 'path'>[]> {
  const gone = await db
    .selectFrom('channel')
    .select(['id', 'path'])
    .where((eb) => eb.or([eb('id', '=', id), eb('parent_id', '=', id)]))
    .where('deleted_at', 'is', null)
    .orderBy('path')
    .forUpdate()
    .execute();
  const ids = gone.map((channel) => channel.id);
  await sql`update channel set deleted_at = ${now}, path = path || '#' || id where id = any(${ids})`.execute(db);
  await sql`update mirror set next_run_at = null where channel_id = any(${ids})`.execute(db);
  await sql`
    update run set stop_requested = true from mirror
    where run.mirror_id = mirror.id and mirror.channel_id = any(${ids}) and run.finished_at is null`.execute(db);
  return gone;
}

/** Tell every process that what it remembers of this thing is out of date, once the transaction commits. */
export async function notifyChanged(
  db: Db,
  noun: 'channel' | 'head' | 'token' | 'session' | 'account' | 'mirror' | 'reserved-names',
  id: string | number,
): Promise<void> {
  await sql`select pg_notify('sluice_changed', ${`${noun}:${id}`})`.execute(db);
}

function live(db: Db) {
  return db.selectFrom('channel').selectAll().where('deleted_at', 'is', null);
}
