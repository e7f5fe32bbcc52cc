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
  const { rows } = await sql<BlobRow & { created_at: Date }>`
    select sha256, size, pack, pack_offset, created_at from blob
    where sha256 = ${sha256} and exists (
      select from entry
      where entry.blob = blob.sha256 and entry.channel_id = ${channelId} and entry.kind = 'shard'
        and starts_with(entry.key, ${`${subdir}/`})
    )`.execute(db);
  return rows[0];
}
