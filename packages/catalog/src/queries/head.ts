import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';

/** One page of the package names in a channel's head, in byte order, and how many there are. `q`: a part of the name. */
export async function listHeadPackages(
  db: Db,
  channelId: number,
  list: { q?: string | undefined; limit: number; offset: number },
): Promise<{ names: string[]; total_count: number }> {
  // As the index entry_name has it, so that a page is read from there alone.
  const name = sql<string>`split_part(key, '/', 2)`;
  const shown = sql`from entry where channel_id = ${channelId} and kind = 'shard' and to_no is null
    and ${list.q ? sql`strpos(lower(${name}), lower(${list.q})) > 0` : sql`true`}`;
  const { rows } = await sql<{ name: string }>`
    select distinct ${name} as name ${shown} order by 1 limit ${list.limit} offset ${list.offset}`.execute(db);
  const count = await sql<{ n: number }>`${
    list.q
      ? sql`select count(distinct ${name})::int as n ${shown}`
      : sql`select packages as n from publication join channel on channel.head_no = publication.no
          where channel.id = ${channelId} and publication.channel_id = ${channelId}`
  }`.execute(db);
  return { names: rows.map((row) => row.name), total_count: count.rows[0]?.n ?? 0 };
}

/** Shards of a channel's head: of these package names in every subdir, with the number of files each lists. */
export async function headShardBlobs(
  db: Db,
  channelId: number,
  names: readonly string[],
): Promise<(BlobRow & { key: string; files: number })[]> {
  const { rows } = await sql<BlobRow & { key: string; files: number }>`
    with subdir as (
      select split_part(key, '/', 1) as name from entry
      where channel_id = ${channelId} and kind = 'index' and to_no is null
    )
    select entry.key, entry.files, blob.sha256, blob.size, blob.pack, blob.pack_offset
    from entry join blob on blob.sha256 = entry.blob
    where entry.channel_id = ${channelId} and entry.kind = 'shard' and entry.to_no is null
      and entry.key in (select subdir.name || '/' || wanted.name from subdir, unnest(${names}::text[]) as wanted(name))
    order by entry.key`.execute(db);
  return rows;
}
