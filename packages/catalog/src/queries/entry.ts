import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { EntryKind } from '../tables.ts';
import type { BlobRow } from './blob.ts';
import { liveAt } from './listed-version.ts';

/** What a publication lists under a key. `created_at`: of the first kept publication that has it. */
export interface FoundEntry extends BlobRow {
  files: number;
  created_at: Date;
}

/** The entry of a channel's head under this key, or of the kept publication `at`. */
export async function findEntry(
  db: Db,
  channelId: number,
  kind: EntryKind,
  key: string,
  at?: number,
): Promise<FoundEntry | undefined> {
  const { rows } = await sql<FoundEntry>`
    select blob.sha256, blob.size, blob.pack, blob.pack_offset, entry.files, publication.created_at
    from entry join blob on blob.sha256 = entry.blob
    join publication on publication.channel_id = entry.channel_id and publication.no = (
      select min(later.no) from publication as later
      where later.channel_id = entry.channel_id and later.no >= entry.from_no
    )
    where entry.channel_id = ${channelId} and entry.kind = ${kind} and entry.key = ${key}
      and ${at === undefined ? sql`to_no is null` : liveAt(at)}`.execute(db);
  return rows[0];
}

/** The number of the first publication, of those whose entries are kept, that listed anything under this key. */
export async function firstListed(
  db: Db,
  channelId: number,
  kind: EntryKind,
  key: string,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('entry')
    .select((eb) => eb.fn.min('from_no').as('no'))
    .where('channel_id', '=', channelId)
    .where('kind', '=', kind)
    .where('key', '=', key)
    .executeTakeFirst();
  return row?.no ?? undefined;
}
