import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { PublicationInput } from '../tables.ts';
import type { ComparedShard, TouchedEntry } from './publication-difference.ts';

/** Where a walk through a channel's changes is: behind this shard of that number. */
export interface ChangePlace {
  no: number;
  key: string;
  /** Whether that shard itself is wanted again. */
  again?: boolean;
}

/** Which changes of a channel are wanted. */
export interface ChangeWish {
  /** Changes behind this place, the newest first; from the head on when left out. */
  after: ChangePlace | undefined;
  /** Only of publications made since. */
  since?: Date | undefined;
  part?: string | undefined;
  /** A package name. */
  name?: string | undefined;
  limit: number;
}

/** A shard that a kept publication has other than the kept one before it. */
export interface ChangedEntry extends TouchedEntry {
  /** The number at which it turned: its place. */
  turned: number;
  /** The kept publication that shows it first, and the kept one before that. */
  no: number;
  before: number;
}

interface Row {
  counts: boolean | null;
  turned: number;
  no: number;
  before: number;
  key: string;
  from_signature: Uint8Array | null;
  from_files: number | null;
  from_sha256: Uint8Array | null;
  from_size: number;
  from_pack: string | null;
  from_pack_offset: number | null;
  to_signature: Uint8Array | null;
  to_files: number | null;
  to_sha256: Uint8Array | null;
  to_size: number;
  to_pack: string | null;
  to_pack_offset: number | null;
}

/**
 * The shards that changed from one kept publication of a channel to the next, the newest publication first, and by key in each.
 * What changed between two that are not kept any more counts for the kept one after them. Of the oldest kept one nothing is
 * known unless it is the first of all.
 *
 * @returns at most `limit` of them. `last`: the place up to which was looked; undefined when there is nothing behind it.
 */
export async function changedEntries(
  db: Db,
  channelId: number,
  wish: ChangeWish,
): Promise<{ entries: ChangedEntry[]; last: ChangePlace | undefined }> {
  const { after, since, part, name, limit } = wish;
  const turning = (column: 'from_no' | 'to_no') => {
    const no = sql.ref(column);
    return sql`
      select ${no} as turned, key, from_no, to_no, ${column === 'from_no' ? sql`true` : sql`false`} as begins from entry
      where channel_id = ${channelId} and kind = 'shard' and ${no} > 0
        and ${after ? sql`${no} <= ${after.no} and (${no} < ${after.no} or key ${after.again ? sql`>=` : sql`>`} ${after.key})` : sql`true`}
        and ${part === undefined ? sql`true` : sql`starts_with(key, ${`${part}/`})`}
        and ${name === undefined ? sql`true` : sql`split_part(key, '/', 2) = ${name}`}
        and ${
          since === undefined
            ? sql`true`
            : sql`${no} > coalesce((
                select max(no) from publication where channel_id = ${channelId} and created_at < ${since}
              ), 0)`
        }
      order by ${no} desc, key limit ${limit}`;
  };
  const { rows } = await sql<Row>`
    with page as (
      select one.*, row_number() over (order by turned desc, key, begins desc) as place
      from ((${turning('from_no')}) union all (${turning('to_no')})) as one
      order by turned desc, key, begins desc limit ${limit}
    ), judged as (
      select page.turned, page.key, page.place, kept.no, coalesce(earlier.no, 0) as before,
        case when begins
          then (page.to_no is null or page.to_no > kept.no) and (earlier.no is not null or kept.no = 1)
          else page.from_no <= earlier.no and not exists (
            select from entry as next
            where next.channel_id = ${channelId} and next.kind = 'shard' and next.key = page.key
              and next.from_no >= page.to_no and next.from_no <= kept.no and (next.to_no is null or next.to_no > kept.no)
          )
        end as counts
      from page
      left join lateral (
        select no from publication where channel_id = ${channelId} and no >= page.turned order by no limit 1
      ) as kept on true
      left join lateral (
        select no from publication where channel_id = ${channelId} and no < kept.no order by no desc limit 1
      ) as earlier on true
    )
    select page.*,
      old.signature as from_signature, old.files as from_files, old_blob.sha256 as from_sha256, old_blob.size as from_size,
      old_blob.pack as from_pack, old_blob.pack_offset as from_pack_offset,
      new.signature as to_signature, new.files as to_files, new_blob.sha256 as to_sha256, new_blob.size as to_size,
      new_blob.pack as to_pack, new_blob.pack_offset as to_pack_offset
    from judged as page
    left join lateral (
      select * from entry
      where channel_id = ${channelId} and kind = 'shard' and key = page.key and from_no <= page.before and to_no > page.before
      limit 1
    ) as old on true
    left join blob as old_blob on old_blob.sha256 = old.blob
    left join lateral (
      select * from entry
      where channel_id = ${channelId} and kind = 'shard' and key = page.key and from_no <= page.no
        and (to_no is null or to_no > page.no)
      limit 1
    ) as new on true
    left join blob as new_blob on new_blob.sha256 = new.blob
    order by page.place`.execute(db);
  const end = rows.length < limit ? undefined : rows.at(-1)!;
  const entries = rows
    .filter(({ counts }) => counts)
    .map((row) => ({
      ...{ turned: row.turned, no: row.no, before: row.before, key: row.key },
      from: shardOf(
        row.from_sha256,
        row.from_size,
        row.from_pack,
        row.from_pack_offset,
        row.from_signature,
        row.from_files,
      ),
      to: shardOf(row.to_sha256, row.to_size, row.to_pack, row.to_pack_offset, row.to_signature, row.to_files),
    }));
  return { entries, last: end && { no: end.turned, key: end.key } };
}

function shardOf(
  sha256: Uint8Array | null,
  size: number,
  pack: string | null,
  pack_offset: number | null,
  signature: Uint8Array | null,
  files: number | null,
): ComparedShard | undefined {
  return sha256 === null ? undefined : { sha256, size, pack, pack_offset, signature, files: files ?? 0 };
}

/** What some publications were made for and from, and when. */
export interface PublicationMaking {
  no: number;
  created_at: Date;
  cause: string;
  actor: string | null;
  inputs: PublicationInput[];
}

/** How these publications of a channel were made; those that are not kept are left out. */
export async function publicationMakings(
  db: Db,
  channelId: number,
  numbers: readonly number[],
): Promise<PublicationMaking[]> {
  if (numbers.length === 0) return [];
  return db
    .selectFrom('publication')
    .select(['no', 'created_at', 'cause', 'actor', 'inputs'])
    .where('channel_id', '=', channelId)
    .where('no', 'in', [...numbers])
    .execute();
}
