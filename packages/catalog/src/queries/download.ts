import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** Add downloads to channels' counters: channel number → how many. A channel that is gone is passed over. */
export async function addDownloads(db: Db, counts: ReadonlyMap<number, number>): Promise<void> {
  await sql`
    update channel set download_count = download_count + added.count
    from unnest(${[...counts.keys()]}::bigint[], ${[...counts.values()]}::bigint[]) as added(id, count)
    where channel.id = added.id`.execute(db);
}
