import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';
import { liveAt } from './listed-version.ts';

/** A page of all blobs, in the order of their digests. */
export async function blobsAfter(db: Db, after: Uint8Array, limit: number): Promise<BlobRow[]> {
  return db
    .selectFrom('blob')
    .select(['sha256', 'size', 'pack', 'pack_offset'])
    .where('sha256', '>', Buffer.from(after))
    .orderBy('sha256')
    .limit(limit)
    .execute();
}

/** A channel's numbers, and what of its rows lies beyond them. */
export interface ChannelNumbers {
  path: string;
  head_no: number;
  monolith_no: number;
  newest_no: number;
  has_head: boolean;
  has_monolith: boolean;
  entries_beyond: number;
  documents_beyond: number;
  /** Keys that two entries have at one number. */
  overlapping: string[];
}

/** The numbers of a channel; undefined when it was deleted. */
export async function channelNumbers(db: Db, channelId: number): Promise<ChannelNumbers | undefined> {
  const { rows } = await sql<ChannelNumbers>`
    select path, head_no, monolith_no,
      coalesce((select max(no) from publication where channel_id = channel.id), 0) as newest_no,
      exists (select from publication where channel_id = channel.id and no = head_no) as has_head,
      exists (select from publication where channel_id = channel.id and no = monolith_no) as has_monolith,
      (select count(*)::int from entry
        where channel_id = channel.id and (from_no > head_no or to_no > head_no or to_no <= from_no)) as entries_beyond,
      (select count(*)::int from monolith where channel_id = channel.id and no > head_no) as documents_beyond,
      array(
        select distinct key from (
          select kind, key, to_no, lead(from_no) over (partition by kind, key order by from_no) as next_from
          from entry where channel_id = channel.id
        ) as version
        where next_from is not null and (to_no is null or to_no > next_from) order by key limit 100
      ) as overlapping
    from channel where id = ${channelId} and deleted_at is null`.execute(db);
  return rows[0];
}

/** A mirror whose layer is further than its source. */
export interface MirrorAhead {
  name: string;
  at_rev: number;
  revision: number;
}

/** Mirrors of a channel that show a revision which their source has not reached. */
export async function mirrorsAhead(db: Db, channelId: number): Promise<MirrorAhead[]> {
  return db
    .selectFrom('mirror')
    .innerJoin('source', 'source.id', 'mirror.source_id')
    .select(['mirror.name', 'mirror.at_rev', 'source.revision'])
    .where('mirror.channel_id', '=', channelId)
    .whereRef('mirror.at_rev', '>', 'source.revision')
    .orderBy('mirror.name')
    .execute();
}

/** An entry of one publication, with all that is said of it and where its blob lies. */
export interface ListedEntry extends BlobRow {
  key: string;
  from_no: number;
  files: number;
  bytes: number;
  buckets: number[] | null;
  /** Words in its signature; null when there is none. */
  words: number | null;
}

/** A page of the entries of one kind that a publication lists, by key. */
export async function listedEntries(
  db: Db,
  channelId: number,
  { kind, no }: { kind: 'shard' | 'index'; no: number },
  after: string,
  limit: number,
): Promise<ListedEntry[]> {
  const { rows } = await sql<ListedEntry>`
    select entry.key, entry.from_no, entry.files, entry.bytes, entry.buckets,
      (length(entry.signature) / 8)::int as words, blob.sha256, blob.size, blob.pack, blob.pack_offset
    from entry join blob on blob.sha256 = entry.blob
    where entry.channel_id = ${channelId} and entry.kind = ${kind} and entry.key > ${after} and ${liveAt(no)}
    order by entry.key limit ${limit}`.execute(db);
  return rows;
}

/** The document that a publication serves under a key: its row, and where its blob lies. */
export async function listedDocument(
  db: Db,
  channelId: number,
  key: string,
  no: number,
): Promise<(BlobRow & { no: number }) | undefined> {
  return db
    .selectFrom('monolith')
    .innerJoin('blob', 'blob.sha256', 'monolith.blob')
    .select(['monolith.no', 'blob.sha256', 'blob.size', 'blob.pack', 'blob.pack_offset'])
    .where('monolith.channel_id', '=', channelId)
    .where('monolith.key', '=', key)
    .where('monolith.no', '<=', no)
    .orderBy('monolith.no', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** A part of a source as a check goes through them. */
export interface SourcePartPlace {
  source_id: number;
  subdir: string;
}

/** The next part after this one. */
export async function nextPart(db: Db, after: SourcePartPlace): Promise<SourcePartPlace | undefined> {
  const { rows } = await sql<SourcePartPlace>`
    select source_id, subdir from source_part where (source_id, subdir) > (${after.source_id}, ${after.subdir})
    order by source_id, subdir limit 1`.execute(db);
  return rows[0];
}

/** Files of a part of which two versions are live at one revision, or one beyond the source's. At most 100. */
export async function twiceLiveFiles(db: Db, { source_id, subdir }: SourcePartPlace): Promise<string[]> {
  const { rows } = await sql<{ file: string }>`
    select distinct file from (
      select file, from_rev, to_rev, lead(from_rev) over (partition by file order by from_rev) as next_from
      from record where source_id = ${source_id} and subdir = ${subdir}
    ) as version
    where (next_from is not null and (to_rev is null or to_rev > next_from))
      or greatest(from_rev, to_rev) > (select revision from source where id = ${source_id})
    order by file limit 100`.execute(db);
  return rows.map(({ file }) => file);
}

/** Rows of a table that point at nothing, or beyond what there is. */
export interface StrayRows {
  table: string;
  count: number;
}

/** Rows of what was worked out that belong to no revision there is. */
export async function strayRows(db: Db): Promise<StrayRows[]> {
  const beyond = (table: string, column: string) => sql<StrayRows>`
    select ${table} as table, count(*)::int as count
    from ${sql.table(table)} as row join source on source.id = row.source_id
    where ${sql.ref(`row.${column}`)} > source.revision`;
  const { rows } = await sql<StrayRows>`
    ${beyond('facts', 'revision')} union all ${beyond('needed_files', 'revision')}
    union all ${beyond('source_part', 'revision')} union all ${beyond('source_shard', 'from_rev')}
    union all
    select 'record_digest', count(*)::int from record_digest where not exists (
      select from record where (record.source_id, record.subdir, record.file, record.from_rev)
        = (record_digest.source_id, record_digest.subdir, record_digest.file, record_digest.from_rev)
    )`.execute(db);
  return rows.filter(({ count }) => count > 0);
}
