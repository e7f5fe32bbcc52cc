import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** The source that holds a channel's own uploads. */
export interface UploadsSource {
  id: number;
  revision: number;
}

/** The source that holds a channel's own uploads, made at the first one. Its row is locked until the transaction ends. */
export async function lockUploadsSource(db: Db, channelId: number, now: Date): Promise<UploadsSource> {
  await db
    .insertInto('source')
    .values({ type: 'uploads', channel_id: channelId, created_at: now })
    // On whatever index: two first uploads may meet on either of the two that have the channel's number.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await findUploadsSource(db, channelId))!;
}

/** The same, unless nothing was ever uploaded to the channel. */
export async function findUploadsSource(db: Db, channelId: number): Promise<UploadsSource | undefined> {
  return db
    .selectFrom('source')
    .select(['id', 'revision'])
    .where('channel_id', '=', channelId)
    .forUpdate()
    .executeTakeFirst();
}

/** Files of a source that are live now and whose keys lie in this range (the end is not in it), in all parts. */
export async function liveFilesBetween(
  db: Db,
  sourceId: number,
  [from, to]: readonly [from: string, to: string],
): Promise<{ subdir: string; file: string }[]> {
  const { rows } = await sql<{ subdir: string; file: string }>`
    select record.subdir, record.file
    from source_part part
    join record on record.source_id = part.source_id and record.subdir = part.subdir
    where part.source_id = ${sourceId} and record.to_rev is null
      and record.file >= ${from} and record.file < ${to}
    order by record.subdir, record.file`.execute(db);
  return rows;
}
