import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Part, RecordVersion } from './record.ts';

/** A version of a file in a part of a source. */
export interface VersionKey {
  subdir: string;
  file: string;
  from_rev: number;
}

/** A mirror as far as it decides what it goes on showing. Its row is locked. */
export interface KeepingMirror {
  id: string;
  channel_id: number;
  name: string;
  source_id: number;
  at_rev: number;
  keep_removed: boolean;
  grace_days: number | null;
  kept_source_id: number | null;
}

/** The mirror, its row locked until the transaction ends. */
export async function lockKeepingMirror(db: Db, id: string): Promise<KeepingMirror | undefined> {
  return db
    .selectFrom('mirror')
    .select(['id', 'channel_id', 'name', 'source_id', 'at_rev', 'keep_removed', 'grace_days', 'kept_source_id'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Mirrors some of whose kept files have been gone for longer than they are to be shown. */
export async function mirrorsPastGrace(db: Db, now: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from mirror
    where kept_source_id is not null and grace_days is not null and exists (
      select from kept_record
      where source_id = mirror.kept_source_id and gone_at <= ${now}::timestamptz - mirror.grace_days * interval '1 day'
    )`.execute(db);
  return rows.map(({ id }) => id);
}

/** Versions that a source had at revision `after`, and no version of their files at `upTo`. */
export async function vanishedRecords(
  db: Db,
  { source_id, after, upTo }: { source_id: number; after: number; upTo: number },
): Promise<VersionKey[]> {
  const { rows } = await sql<VersionKey>`
    select subdir, file, from_rev from record
    where source_id = ${source_id} and to_rev > ${after} and to_rev <= ${upTo} and from_rev <= ${after}
      and not exists (
        select from record as now
        where now.source_id = record.source_id and now.subdir = record.subdir and now.file = record.file
          and now.from_rev <= ${upTo} and (now.to_rev is null or now.to_rev > ${upTo})
      )
    order by subdir, file`.execute(db);
  return rows;
}

/** The source that holds what a mirror keeps showing, made at the first time. Its row is locked until the transaction ends. */
export async function lockKeptSource(db: Db, mirrorId: string, now: Date): Promise<{ id: number; revision: number }> {
  await db
    .insertInto('source')
    .values({ type: 'kept', url: `kept:${mirrorId}`, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const source = await db
    .selectFrom('source')
    .select(['id', 'revision'])
    .where('type', '=', 'kept')
    .where('url', '=', `kept:${mirrorId}`)
    .forUpdate()
    .executeTakeFirstOrThrow();
  await db.updateTable('mirror').set({ kept_source_id: source.id }).where('id', '=', mirrorId).execute();
  return source;
}

/**
 * The files that need not be kept any longer: their source has them again at `revision`, or they have been gone since before
 * `gone_before`. All of them where `at` is undefined.
 */
export async function doneKept(
  db: Db,
  keptSourceId: number,
  at: { source_id: number; revision: number; gone_before: Date | null } | undefined,
): Promise<{ subdir: string; file: string; is_back: boolean }[]> {
  const isBack = sql`exists (
    select from record as now
    where now.source_id = ${at?.source_id ?? 0} and now.subdir = kept.subdir and now.file = kept.file
      and now.from_rev <= ${at?.revision ?? 0} and (now.to_rev is null or now.to_rev > ${at?.revision ?? 0})
  )`;
  const { rows } = await sql<{ subdir: string; file: string; is_back: boolean }>`
    select subdir, file, ${isBack} as is_back from kept_record as kept
    where source_id = ${keptSourceId} and (${at === undefined} or gone_at <= ${at?.gone_before ?? null}::timestamptz or ${isBack})
    order by subdir, file`.execute(db);
  return rows;
}

/** How many files a source keeps. */
export async function countKept(db: Db, keptSourceId: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from kept_record where source_id = ${keptSourceId}`.execute(db);
  return rows[0]!.n;
}

/** Forget since when these files have been gone. */
export async function forgetKept(db: Db, part: Part, files: readonly string[]): Promise<void> {
  await sql`
    delete from kept_record
    where source_id = ${part.source_id} and subdir = ${part.subdir} and file = any(${[...files]}::text[])`.execute(db);
}

/** Copy versions of an upstream's records into the source that keeps them: as they are, live from `revision` on. */
export async function copyKept(
  db: Db,
  from: Part,
  to: { source_id: number; revision: number; gone_at: Date },
  files: readonly { file: string; from_rev: number }[],
): Promise<void> {
  for (let at = 0; at < files.length; at += 5000) {
    const some = files.slice(at, at + 5000);
    const wanted = sql`unnest(
      ${some.map(({ file }) => file)}::text[], ${some.map(({ from_rev }) => from_rev)}::int[]
    ) as wanted(file, from_rev)`;
    const where = sql`source_id = ${from.source_id} and subdir = ${from.subdir}`;
    await sql`
      insert into record (source_id, subdir, file, from_rev, to_rev, body, v3, extra, signatures)
      select ${to.source_id}::int, subdir, file, ${to.revision}::int, null, body, v3, extra, signatures
      from ${wanted} join record using (file, from_rev) where ${where}`.execute(db);
    await sql`
      insert into record_digest (source_id, subdir, file, from_rev, sha256)
      select ${to.source_id}::int, subdir, file, ${to.revision}::int, sha256
      from ${wanted} join record_digest using (file, from_rev) where ${where}`.execute(db);
    await sql`
      insert into record_companion (source_id, subdir, file, from_rev, kind, blob)
      select ${to.source_id}::int, subdir, file, ${to.revision}::int, kind, blob
      from ${wanted} join record_companion using (file, from_rev) where ${where}`.execute(db);
    await sql`
      insert into kept_record (source_id, subdir, file, gone_at)
      select ${to.source_id}::int, ${from.subdir}, file, ${to.gone_at} from ${wanted}`.execute(db);
  }
}

/** Records of a part that begin at `revision`, or that end there, page by page. */
export async function* recordsTurning(
  db: Db,
  part: Part,
  side: 'from_rev' | 'to_rev',
  revision: number,
): AsyncGenerator<RecordVersion[]> {
  const pageSize = 5000;
  for (let last = ''; ; ) {
    const { rows } = await sql<RecordVersion>`
      select file, from_rev, to_rev, body, v3, extra, signatures from record
      where source_id = ${part.source_id} and subdir = ${part.subdir} and file > ${last}
        and ${sql.ref(side)} = ${revision}
      order by file limit ${pageSize}`.execute(db);
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    last = rows.at(-1)!.file;
  }
}
