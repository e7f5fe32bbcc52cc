import { sql } from 'kysely';
import type { Db } from '../session.ts';
import { liveAt } from './listed-version.ts';

/** What the publication of a rollback is called and counts. */
export interface RollbackNote {
  cause: string;
  actor: string;
  added: number;
  removed: number;
}

/**
 * Write publication `no` with the entries of publication `past`, and move the head to it: what it was made from, and what it
 * shows, are those of `past`. Shards that are equal now and then stay as they are; an index does when nothing happened in
 * between, since documents hold for as long as it is listed. Runs in the caller's transaction, with the channel's row locked.
 */
export async function insertRollback(
  db: Db,
  channelId: number,
  { no, past }: { no: number; past: number },
  note: RollbackNote,
  now: Date,
): Promise<void> {
  await sql`
    insert into publication (channel_id, no, created_at, cause, actor, inputs, patch_rev, added, removed, files, packages)
    select channel_id, ${no}, ${now}, ${note.cause}, ${note.actor}, inputs, patch_rev, ${note.added}, ${note.removed},
      files, packages
    from publication where channel_id = ${channelId} and no = ${past}`.execute(db);
  await sql`
    update entry set to_no = ${no}
    where channel_id = ${channelId} and to_no is null and from_no > ${past} and not exists (
      select from entry as old
      where old.channel_id = entry.channel_id and old.kind = entry.kind and old.key = entry.key and old.kind = 'shard'
        and ${liveAt(past, 'old')} and old.blob = entry.blob and old.signature is not distinct from entry.signature
    )`.execute(db);
  await sql`
    insert into entry (channel_id, kind, key, from_no, blob, signature, files, bytes, buckets, upstream)
    select channel_id, kind, key, ${no}, blob, signature, files, bytes, buckets, upstream from entry as old
    where channel_id = ${channelId} and ${liveAt(past, 'old')} and not exists (
      select from entry as live
      where live.channel_id = old.channel_id and live.kind = old.kind and live.key = old.key and live.to_no is null
    )`.execute(db);
  await db
    .updateTable('channel')
    .set({ head_no: no, judged: null, frozen: true, updated_at: now })
    .where('id', '=', channelId)
    .execute();
}
