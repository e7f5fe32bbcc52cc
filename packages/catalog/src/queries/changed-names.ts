import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Part } from './record.ts';

/** Asked for more than so many, the answer is that there are many. */
const most = 100_000;

/**
 * The files of a part of which a version began or ended after revision `after` and up to `upTo`; undefined when there are
 * more than 100,000.
 */
export async function changedFiles(db: Db, part: Part, after: number, upTo: number): Promise<string[] | undefined> {
  const here = sql`source_id = ${part.source_id} and subdir = ${part.subdir}`;
  const { rows } = await sql<{ file: string }>`
    select file from (
      (select file from record where ${here} and from_rev > ${after} and from_rev <= ${upTo} limit ${most + 1})
      union all
      (select file from record where ${here} and to_rev > ${after} and to_rev <= ${upTo} limit ${most + 1})
    ) as changed limit ${most + 1}`.execute(db);
  return rows.length > most ? undefined : rows.map(({ file }) => file);
}

/** The package names whose upstream shard began or ended between these revisions. */
export async function changedShardNames(db: Db, part: Part, after: number, upTo: number): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from source_shard
    where source_id = ${part.source_id} and subdir = ${part.subdir}
      and ((from_rev > ${after} and from_rev <= ${upTo}) or (to_rev > ${after} and to_rev <= ${upTo}))`.execute(db);
  return rows.map(({ name }) => name);
}
