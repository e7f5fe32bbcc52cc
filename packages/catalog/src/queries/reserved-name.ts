import type { Selectable } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

/** A pattern of names that mirrors never bring in, and who reserved it. */
export type ReservedNameRow = Selectable<Tables['reserved_name']>;

/** All reserved names, by pattern. */
export async function listReservedNames(db: Db): Promise<ReservedNameRow[]> {
  return db.selectFrom('reserved_name').selectAll().orderBy('pattern').execute();
}

/** Their patterns, sorted. */
export async function reservedPatterns(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('reserved_name').select('pattern').orderBy('pattern').execute();
  return rows.map(({ pattern }) => pattern);
}

/** What a mirror's layer is judged by of them: nothing when its source is a house of our own, or when there are none. */
export async function reservedAgainst(db: Db, mirror: { internal: boolean }): Promise<{ reserved?: string[] }> {
  const reserved = mirror.internal ? [] : await reservedPatterns(db);
  return reserved.length > 0 ? { reserved } : {};
}

/** Reserve a pattern. Undefined when it is reserved already. */
export async function insertReservedName(db: Db, row: ReservedNameRow): Promise<ReservedNameRow | undefined> {
  return db
    .insertInto('reserved_name')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Free a pattern. Undefined when it was not reserved. */
export async function deleteReservedName(db: Db, pattern: string): Promise<ReservedNameRow | undefined> {
  return db.deleteFrom('reserved_name').where('pattern', '=', pattern).returningAll().executeTakeFirst();
}

/** The channels that reserved names are kept from: those with a mirror of a house that is not our own. */
export async function mirroringChannels(db: Db): Promise<number[]> {
  const rows = await db
    .selectFrom('mirror')
    .innerJoin('channel', 'channel.id', 'mirror.channel_id')
    .distinct()
    .select('channel.id')
    .where('mirror.internal', '=', false)
    .where('channel.deleted_at', 'is', null)
    .orderBy('channel.id')
    .execute();
  return rows.map(({ id }) => id);
}
