import type { Selectable } from 'kysely';
import type { Db } from '../session.ts';
import type { Tables } from '../tables.ts';

export type NoticeRow = Selectable<Tables['notice']>;

/** Add a notice. */
export async function insertNotice(db: Db, notice: NoticeRow): Promise<NoticeRow> {
  return db.insertInto('notice').values(notice).returningAll().executeTakeFirstOrThrow();
}

/** Change a notice. Its id stays, so who has seen it is not shown it again. */
export async function updateNotice(
  db: Db,
  id: string,
  change: Partial<Pick<NoticeRow, 'message' | 'level' | 'published' | 'expires_at'>>,
): Promise<NoticeRow> {
  return db.updateTable('notice').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** Remove a notice. */
export async function deleteNotice(db: Db, id: string): Promise<void> {
  await db.deleteFrom('notice').where('id', '=', id).execute();
}

/** A notice of a channel. With `for-update` its row stays locked until the transaction ends. */
export async function findNotice(
  db: Db,
  key: { channel_id: number; id: string },
  lock: 'for-update' | 'none',
): Promise<NoticeRow | undefined> {
  const query = db.selectFrom('notice').selectAll().where('channel_id', '=', key.channel_id).where('id', '=', key.id);
  return (lock === 'for-update' ? query.forUpdate() : query).executeTakeFirst();
}

/** One page of a channel's notices, newest first; with `shownAt` only those that clients are shown at that time. */
export async function listNotices(
  db: Db,
  list: { channel_id: number; shownAt?: Date; limit: number; offset: number },
): Promise<{ rows: NoticeRow[]; total_count: number }> {
  const { shownAt } = list;
  const wanted = db
    .selectFrom('notice')
    .where('channel_id', '=', list.channel_id)
    .$if(shownAt !== undefined, (query) =>
      query
        .where('published', '=', true)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', shownAt!)])),
    );
  const rows = await wanted
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(list.limit)
    .offset(list.offset)
    .execute();
  const count = await wanted.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}
