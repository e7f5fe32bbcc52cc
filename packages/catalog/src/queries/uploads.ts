import type { Db } from '../session.ts';

/** The source that holds a channel's own uploads, made at the first one. Its row is locked until the transaction ends. */
export async function lockUploadsSource(
  db: Db,
  channelId: number,
  now: Date,
): Promise<{ id: number; revision: number }> {
  await db
    .insertInto('source')
    .values({ type: 'uploads', channel_id: channelId, created_at: now })
    .onConflict((conflict) => conflict.column('channel_id').doNothing())
    .execute();
  return db
    .selectFrom('source')
    .select(['id', 'revision'])
    .where('channel_id', '=', channelId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}
