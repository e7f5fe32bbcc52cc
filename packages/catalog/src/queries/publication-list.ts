import { filesPart } from '@sluice/formats/package';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { PublicationInput } from '../tables.ts';
import { isMainDocument } from './monolith.ts';

/** A kept publication of a channel, and where it stands. */
export interface PublicationRow {
  no: number;
  created_at: Date;
  cause: string;
  /** Who caused it; null for what nobody did, such as a run by schedule. */
  actor: string | null;
  added: number;
  removed: number;
  files: number;
  packages: number;
  inputs: PublicationInput[];
  patch_rev: number;
  /** Names, in byte order. */
  pins: string[];
  is_head: boolean;
  /** Whether the documents of all its parts are written: `pending` when a job is at it, `on_demand` when the first ask starts one. */
  monolith: 'written' | 'pending' | 'on_demand';
}

/** One page of the kept publications of a channel, the newest first, and how many there are. */
export async function listPublications(
  db: Db,
  channelId: number,
  list: { pinned?: boolean | undefined; limit: number; offset: number },
): Promise<{ rows: PublicationRow[]; total_count: number }> {
  const pinned = list.pinned
    ? sql`exists (select from pin where pin.channel_id = publication.channel_id and pin.no = publication.no)`
    : sql`true`;
  const own = sql`from publication where publication.channel_id = ${channelId} and ${pinned}`;
  const page = sql`select publication.* ${own} order by no desc limit ${list.limit} offset ${list.offset}`;
  const { rows } = await described(db, page);
  const count = await sql<{ n: number }>`select count(*)::int as n ${own}`.execute(db);
  return { rows, total_count: count.rows[0]!.n };
}

/** A kept publication of a channel by its number. */
export async function findPublication(db: Db, channelId: number, no: number): Promise<PublicationRow | undefined> {
  const one = sql`select publication.* from publication where channel_id = ${channelId} and no = ${no}`;
  return (await described(db, one)).rows[0];
}

function described(db: Db, page: ReturnType<typeof sql>) {
  return sql<PublicationRow>`
    select page.no, page.created_at, cause, actor, added, removed, files, packages, inputs, page.patch_rev,
      page.no = channel.head_no as is_head,
      array(select name from pin where pin.channel_id = page.channel_id and pin.no = page.no order by name) as pins,
      case
        when page.no > channel.monolith_no then 'pending'
        when exists (
          select from entry where entry.channel_id = page.channel_id and kind = 'index'
            and from_no <= page.no and (to_no is null or to_no > page.no)
            and split_part(entry.key, '/', 1) <> ${filesPart}
            and not exists (
              select from monolith where monolith.channel_id = page.channel_id and monolith.no = entry.from_no
                and ${isMainDocument(sql`split_part(entry.key, '/', 1)`)}
            )
        ) then 'on_demand'
        else 'written'
      end as monolith
    from (${page}) as page join channel on channel.id = page.channel_id
    order by page.no desc`.execute(db);
}
