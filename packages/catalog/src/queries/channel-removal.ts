import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** Tables of a deleted channel that can be large, each with the rows that are its own. The rest goes with the channel's row. */
const large = [
  { table: 'entry', own: sql`channel_id = any` },
  {
    table: 'run_item',
    own: sql`run_id in (select run.id from run join mirror on mirror.id = run.mirror_id where mirror.channel_id = any`,
  },
  { table: 'record_digest', own: sql`source_id in (select id from source where channel_id = any` },
  { table: 'record', own: sql`source_id in (select id from source where channel_id = any` },
];

/**
 * Remove some rows of a channel that was marked as deleted, and of its subchannels that were: at most `portion` of each
 * table, so that no transaction is long. Blobs stay, since other channels may share them.
 *
 * @returns whether anything is left; call again until nothing is.
 */
export async function removeDeletedChannel(db: Db, id: number, portion: number): Promise<boolean> {
  const marked = await db
    .selectFrom('channel')
    .select('id')
    .where((eb) => eb.or([eb('id', '=', id), eb('parent_id', '=', id)]))
    .where('deleted_at', 'is not', null)
    .execute();
  const ids = marked.map((channel) => channel.id);
  if (ids.length === 0) return false;
  for (const { table, own } of large) {
    const closing = table === 'entry' ? sql`` : sql`)`;
    const { numAffectedRows } = await sql`
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where ${own}(${ids})${closing} limit ${portion}
      ))`.execute(db);
    if (Number(numAffectedRows) === portion) return true;
  }
  await sql`delete from channel where id = any(${ids}) and parent_id is not null`.execute(db);
  await sql`delete from channel where id = any(${ids})`.execute(db);
  return false;
}
