import { type Selectable, sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';
import type { Part, RecordVersion } from './record.ts';
import type { RefusedRecord } from './refusal.ts';

/** What a lazy source's upstream answered last about one name. */
export type SourceNameRow = Selectable<Tables['source_name']>;

/** The same, to be written. */
export type NewSourceName = Omit<SourceNameRow, keyof NamePlace>;

/** Which name of a part. */
export interface NamePlace extends Part {
  name: string;
}

/** What is known of a name that was asked for; undefined when it never was. */
export async function findSourceName(db: Db, place: NamePlace): Promise<SourceNameRow | undefined> {
  return db
    .selectFrom('source_name')
    .selectAll()
    .where('source_id', '=', place.source_id)
    .where('subdir', '=', place.subdir)
    .where('name', '=', place.name)
    .executeTakeFirst();
}

/** Remember what the upstream answered. */
export async function saveSourceName(
  db: Db,
  { source_id, subdir, name }: NamePlace,
  { meta, ...columns }: NewSourceName,
): Promise<void> {
  const row = { ...columns, meta: JSON.stringify(meta) };
  await db
    .insertInto('source_name')
    .values({ source_id, subdir, name, ...row })
    .onConflict((conflict) => conflict.columns(['source_id', 'subdir', 'name']).doUpdateSet(row))
    .execute();
}

/** Note that the upstream was asked and had nothing new. */
export async function touchSourceName(db: Db, place: NamePlace, now: Date): Promise<void> {
  await db
    .updateTable('source_name')
    .set({ checked_at: now })
    .where('source_id', '=', place.source_id)
    .where('subdir', '=', place.subdir)
    .where('name', '=', place.name)
    .execute();
}

/**
 * Forget names that the upstream did not have when it was asked last, before an instant, at most `portion`: anybody may ask for any
 * text. @returns how many went.
 */
export async function forgetAbsentNames(db: Db, before: Date, portion: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from source_name where ctid = any(array(
      select ctid from source_name where absent and checked_at < ${before} limit ${portion}
    ))`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** A page of the names that the upstream had when it was asked last, in byte order. */
export async function knownNames(db: Db, part: Part, after: string, limit: number): Promise<SourceNameRow[]> {
  return db
    .selectFrom('source_name')
    .selectAll()
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .where('name', '>', after)
    .where('absent', '=', false)
    .orderBy('name')
    .limit(limit)
    .execute();
}

/** How many those are. */
export async function countKnownNames(db: Db, part: Part): Promise<number> {
  const row = await db
    .selectFrom('source_name')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .where('absent', '=', false)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** The records that are live now, of the files from one key up to and without another. */
export async function liveRecordsBetween(
  db: Db,
  part: Part,
  [from, to]: readonly [from: string, to: string],
): Promise<RecordVersion[]> {
  const { rows } = await sql<RecordVersion>`
    select file, from_rev, to_rev, body, v3, extra, signatures from record
    where source_id = ${part.source_id} and subdir = ${part.subdir} and file >= ${from} and file < ${to}
      and to_rev is null
    order by file`.execute(db);
  return rows;
}

/** Note what was refused of the files between two keys, in place of what was noted before. */
export async function saveRefusedBetween(
  db: Db,
  part: Part,
  [from, to]: readonly [from: string, to: string],
  refused: readonly RefusedRecord[],
): Promise<void> {
  await db
    .deleteFrom('refused_record')
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .where('file', '>=', from)
    .where('file', '<', to)
    .execute();
  if (refused.length === 0) return;
  await sql`
    insert into refused_record (source_id, subdir, file, reason)
    select ${part.source_id}::int, ${part.subdir}, file, reason
    from unnest(${refused.map((one) => one.file)}::text[], ${refused.map((one) => one.reason)}::text[]) as one(file, reason)
    on conflict do nothing`.execute(db);
}
