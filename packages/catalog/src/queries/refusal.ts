import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Part } from './record.ts';

/** A record that an upstream's index lists and that is none, and why. */
export interface RefusedRecord {
  file: string;
  reason: string;
}

/** Make these the refused records of a part, in place of those noted before. */
export async function saveRefusedRecords(db: Db, part: Part, refused: readonly RefusedRecord[]): Promise<void> {
  await db
    .deleteFrom('refused_record')
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .execute();
  for (let at = 0; at < refused.length; at += 5000) {
    const some = refused.slice(at, at + 5000);
    await sql`
      insert into refused_record (source_id, subdir, file, reason)
      select ${part.source_id}::int, ${part.subdir}, file, reason
      from unnest(${some.map((one) => one.file)}::text[], ${some.map((one) => one.reason)}::text[]) as one(file, reason)
      on conflict do nothing`.execute(db);
  }
}

/** What was noted as refused of a part. */
export async function refusedRecords(db: Db, part: Part): Promise<RefusedRecord[]> {
  return db
    .selectFrom('refused_record')
    .select(['file', 'reason'])
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .execute();
}

/** What a source has and cannot be shown, in these subdirs or in all when none is named: no packages, no records. */
function refusals(sourceId: number, subdirs: readonly string[]) {
  const wanted = sql`source_id = ${sourceId} and (${subdirs.length === 0} or subdir = any(${subdirs}))`;
  return sql`
    select subdir, file, refusal from folder_file where refusal is not null and ${wanted}
    union select subdir, file, reason from refused_record where ${wanted}`;
}

/** How many files of a source cannot be shown: in these subdirs, or in all when none is named. */
export async function countRefusals(db: Db, sourceId: number, subdirs: readonly string[]): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(distinct (subdir, file))::int as n from (${refusals(sourceId, subdirs)}) as refused`.execute(db);
  return rows[0]!.n;
}

/** Note the files of a source that cannot be shown as failed files of a run, each with its reason. @returns how many. */
export async function noteRefusals(
  db: Db,
  runId: string,
  sourceId: number,
  subdirs: readonly string[],
): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into run_item (run_id, subdir, file, from_rev, state, error_text)
    select ${runId}::uuid, subdir, file, 0, 'failed', refusal from (${refusals(sourceId, subdirs)}) as refused
    on conflict do nothing`.execute(db);
  return Number(numAffectedRows ?? 0);
}
