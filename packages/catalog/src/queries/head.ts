import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';

/** The package names in a channel's head, in byte order. */
export async function headPackageNames(db: Db, channelId: number): Promise<string[]> {
  // As the index entry_name has it, so that it is read from there alone; in one value, which is read in a fraction of the time.
  const { rows } = await sql<{ names: string[] | null }>`
    select json_agg(name) as names from (
      select distinct split_part(key, '/', 2) as name from entry
      where channel_id = ${channelId} and kind = 'shard' and to_no is null
      order by 1
    ) as shown`.execute(db);
  return rows[0]?.names ?? [];
}

/** Shards of a channel's head: of these package names in every subdir, by key. */
export async function headShardBlobs(
  db: Db,
  channelId: number,
  names: readonly string[],
): Promise<(BlobRow & { key: string })[]> {
  // Entries by the index entry_name, and then the blob of each: the planner, who cannot know how few they are, would rather
  // look through all blobs.
  const { rows } = await sql<BlobRow & { key: string }>`
    with shown as materialized (
      select key, blob from entry
      where channel_id = ${channelId} and kind = 'shard' and to_no is null
        and split_part(key, '/', 2) = any(${names}::text[])
    )
    select shown.key, found.* from shown
    cross join lateral (
      select sha256, size, pack, pack_offset from blob where sha256 = shown.blob offset 0
    ) as found
    order by shown.key`.execute(db);
  return rows;
}
