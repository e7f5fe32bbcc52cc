import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../session.ts';

/** How a record is listed. */
export interface Listed {
  since: Date;
  in_head: boolean;
}

/**
 * Which of these records publications list, and since when.
 *
 * @param key of the shard, `<subdir>/<package name>`.
 * @param words the records' words in a shard's signature, 8 bytes each.
 * @param at the publication that must list them; without it any that is kept will do, and the newest counts.
 * @returns for each word whether the head lists it, and the time of the first kept publication of those that list it without a break; undefined when none
 *   does. (The one that brought it may not be kept any more.)
 */
export async function listedSince(
  db: Db,
  channelId: number,
  key: string,
  words: readonly Uint8Array[],
  at?: number,
): Promise<(Listed | undefined)[]> {
  const { rows } = await sql<{ n: number; created_at: Date; in_head: boolean }>`
    select wanted.n::int, listed.created_at, listed.in_head
    from unnest(${words.map((word) => Buffer.from(word))}::bytea[]) with ordinality as wanted(word, n)
    cross join lateral (
      select first.created_at, entry.to_no is null as in_head from entry
      cross join lateral (
        select created_at from publication
        where channel_id = ${channelId} and no >= entry.from_no and (entry.to_no is null or no < entry.to_no)
        order by no limit 1
      ) as first
      where channel_id = ${channelId} and kind = 'shard' and key = ${key} and position(wanted.word in signature) > 0
        and ${at === undefined ? sql`true` : liveAt(at)}
      order by from_no desc limit 1
    ) as listed`.execute(db);
  const listed = new Map(rows.map(({ n, created_at, in_head }) => [n, { since: created_at, in_head }]));
  return words.map((_, i) => listed.get(i + 1));
}

/** The condition that an `entry` belongs to publication `no`. `entry`: the table's name in the query. */
export function liveAt(no: number, entry = 'entry'): RawBuilder<boolean> {
  const table = sql.ref(entry);
  return sql<boolean>`(${table}.from_no <= ${no} and (${table}.to_no is null or ${table}.to_no > ${no}))`;
}
