import { type Selectable, sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

/** The list of projects of a channel whose mirrors know more names than were asked for. */
export type ProjectListRow = Selectable<Tables['project_list']>;

/** The list that a channel's head answers with; undefined when it is that of its publication. */
export async function findProjectList(db: Db, channelId: number): Promise<ProjectListRow | undefined> {
  return db.selectFrom('project_list').selectAll().where('channel_id', '=', channelId).executeTakeFirst();
}

/** Have a channel's head answer with this list. Its blob is known already. */
export async function saveProjectList(db: Db, row: ProjectListRow): Promise<void> {
  const { channel_id: _, ...columns } = row;
  await db
    .insertInto('project_list')
    .values(row)
    .onConflict((conflict) => conflict.column('channel_id').doUpdateSet(columns))
    .execute();
}

/** Have a channel's head answer with the list of its publication. @returns whether it did not before. */
export async function deleteProjectList(db: Db, channelId: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('project_list').where('channel_id', '=', channelId).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The names of a part that a channel's head lists and that none of these sources' upstreams is known to have, in byte order. */
export async function ownProjects(
  db: Db,
  channelId: number,
  part: string,
  sourceIds: readonly number[],
): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select substr(key, ${part.length + 2}) as name from entry
    where channel_id = ${channelId} and kind = 'shard' and to_no is null and key >= ${`${part}/`} and key < ${`${part}0`}
      and not exists (
        select from source_name
        where source_name.source_id = any(${[...sourceIds]}::integer[]) and source_name.subdir = ${part}
          and source_name.name = substr(key, ${part.length + 2}) and not absent
      )
    order by key`.execute(db);
  return rows.map(({ name }) => name);
}
