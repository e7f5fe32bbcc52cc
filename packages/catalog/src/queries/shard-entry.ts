import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';

/**
 * A shard by its digest, if a kept publication of the channel lists it in this subdir. `created_at`: since when its bytes
 * are here.
 */
export async function findShard(
  db: Db,
  channelId: number,
  subdir: string,
  sha256: Uint8Array,
): Promise<(BlobRow & { created_at: Date }) | undefined> {
  // Looked for by digest and nothing else first: where the planner knows little it would go through all of a channel's.
  const { rows } = await sql<BlobRow & { created_at: Date }>`
    with listed as materialized (select channel_id, kind, key from entry where blob = ${sha256})
    select sha256, size, pack, pack_offset, created_at from blob
    where sha256 = ${sha256} and exists (
      select from listed
      where channel_id = ${channelId} and kind = 'shard' and starts_with(key, ${`${subdir}/`})
    )`.execute(db);
  return rows[0];
}
