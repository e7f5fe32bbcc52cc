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

/** Files of a source that are live now and whose names begin with `<name>-`, in all subdirs. Longer names may be among them. */
export async function liveFilesOf(db: Db, sourceId: number, name: string): Promise<{ subdir: string; file: string }[]> {
  const { rows } = await sql<{ subdir: string; file: string }>`
    select record.subdir, record.file
    from source_part part
    join record on record.source_id = part.source_id and record.subdir = part.subdir
    where part.source_id = ${sourceId} and record.to_rev is null
      and record.file >= ${`${name}-`} and record.file < ${`${name}.`}
    order by record.subdir, record.file`.execute(db);
  return rows;
}
