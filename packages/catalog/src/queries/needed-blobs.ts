import type { ChannelFilters, MirrorFilters } from '@sluice/policy';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { EntryKind } from '../tables.ts';
import type { BlobRow } from './blob.ts';

/** The COPY that reads the digests of all blobs that were here at `until`, in their order: one column. */
export function copyDigests(until: Date): string {
  return `copy (
    select sha256 from blob where created_at <= '${until.toISOString()}' order by sha256
  ) to stdout (format binary)`;
}

/** How many those are. */
export async function countDigests(db: Db, until: Date): Promise<number> {
  const row = await db
    .selectFrom('blob')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('created_at', '<=', until)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Where in the order of a channel's entries a page ends. */
export interface EntryPlace {
  kind: string;
  key: string;
  from_no: number;
}

/** An entry with its interval and where its blob lies. */
export interface EntryPageRow extends BlobRow {
  kind: EntryKind;
  key: string;
  from_no: number;
  to_no: number | null;
}

/** A page of a channel's entries, live or not; with `sinceNo` of those that publications after that number brought. */
export async function entriesAfter(
  db: Db,
  channelId: number,
  after: EntryPlace,
  limit: number,
  sinceNo?: number,
): Promise<EntryPageRow[]> {
  const { rows } = await sql<EntryPageRow>`
    select entry.kind, entry.key, entry.from_no, entry.to_no, blob.sha256, blob.size, blob.pack, blob.pack_offset
    from entry join blob on blob.sha256 = entry.blob
    where entry.channel_id = ${channelId} and ${sinceNo === undefined ? sql`true` : sql`entry.from_no > ${sinceNo}`}
      and (entry.kind, entry.key, entry.from_no) > (${after.kind}, ${after.key}, ${after.from_no})
    order by entry.kind, entry.key, entry.from_no
    limit ${limit}`.execute(db);
  return rows;
}

/** A mirror's layer as it is shown, or as a run that is not complete means to show it. */
export interface MirroredState {
  channel_id: number;
  source_id: number;
  revision: number;
  /** Whether it is what the mirror keeps of what vanished upstream. */
  kept: boolean;
  types: string[];
  channel_filters: ChannelFilters;
  mirror_filters: MirrorFilters;
  keep_legacy: boolean;
  internal: boolean;
}

/** The newest run of each mirror. Unless it completed it may go on, and what it has brought in is wanted then. */
const newestRuns = sql`(
  select distinct on (mirror_id) id, mirror_id, state, revision from run
  order by mirror_id, created_at desc, id
)`;

/** All layers that are mirrors, in a fixed order. */
export async function mirroredStates(db: Db): Promise<MirroredState[]> {
  const { rows } = await sql<MirroredState>`
    select channel.id as channel_id, state.source_id, state.revision, state.kept, channel.types,
      channel.filters as channel_filters, mirror.filters as mirror_filters, mirror.keep_legacy, mirror.internal
    from mirror join channel on channel.id = mirror.channel_id
    cross join lateral (
      select mirror.source_id, mirror.at_rev as revision, false as kept where mirror.at_rev > 0
      union
      select kept.id, kept.revision, true from source as kept where kept.id = mirror.kept_source_id and kept.revision > 0
      union
      select coalesce(mirror.next_source_id, mirror.source_id), run.revision, false
      from ${newestRuns} as run
      where run.mirror_id = mirror.id and run.state <> 'completed' and run.revision is not null
    ) as state
    where channel.deleted_at is null
    order by mirror.id, state.source_id, state.revision`.execute(db);
  return rows;
}

/** Sources that hold channels' own uploads, by number. */
export async function uploadSources(db: Db): Promise<number[]> {
  const rows = await db.selectFrom('source').select('id').where('channel_id', 'is not', null).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** The COPY that reads the live records of own uploads: their text, and the part they stand in. */
export function copyUploadedRecords(sourceId: number): string {
  return `copy (
    select body, subdir from record where source_id = ${Number(sourceId)} and to_rev is null
  ) to stdout (format binary)`;
}

/** The digests that were computed for live uploads whose records give none. */
export async function uploadedDigests(db: Db, sourceId: number): Promise<Buffer[]> {
  const { rows } = await sql<{ sha256: Buffer }>`
    select digest.sha256 from record_digest as digest join record using (source_id, subdir, file, from_rev)
    where digest.source_id = ${sourceId} and record.to_rev is null`.execute(db);
  return rows.map(({ sha256 }) => sha256);
}

/** The digests computed for these versions of files of a part. */
export async function versionDigests(
  db: Db,
  part: { source_id: number; subdir: string },
  files: readonly { file: string; from_rev: number }[],
): Promise<Buffer[]> {
  const { rows } = await sql<{ sha256: Buffer }>`
    select digest.sha256
    from unnest(${files.map(({ file }) => file)}::text[], ${files.map(({ from_rev }) => from_rev)}::int[])
      as wanted(file, from_rev)
    join record_digest as digest on digest.source_id = ${part.source_id} and digest.subdir = ${part.subdir}
      and digest.file = wanted.file and digest.from_rev = wanted.from_rev`.execute(db);
  return rows.map(({ sha256 }) => sha256);
}

/** The digests computed for any version of these files, in whatever source. */
export async function publishedDigests(db: Db, subdir: string, files: readonly string[]): Promise<Buffer[]> {
  const { rows } = await sql<{ sha256: Buffer }>`
    select sha256 from record_digest
    where source_id in (select id from source) and subdir = ${subdir} and file = any(${[...files]}::text[])`.execute(
    db,
  );
  return rows.map(({ sha256 }) => sha256);
}

/** A page of the digests of files that runs which are not complete have to bring in, or did. */
export async function runDigests(db: Db, after: Uint8Array, limit: number): Promise<Buffer[]> {
  const { rows } = await sql<{ sha256: Buffer }>`
    select distinct sha256 from (
      select coalesce(item.sha256, digest.sha256) as sha256
      from ${newestRuns} as run
      join mirror on mirror.id = run.mirror_id
      join run_item as item on item.run_id = run.id
      left join record_digest as digest on item.sha256 is null
        and digest.source_id = coalesce(mirror.next_source_id, mirror.source_id)
        and digest.subdir = item.subdir and digest.file = item.file and digest.from_rev = item.from_rev
      where run.state <> 'completed'
    ) as wanted
    where sha256 > ${Buffer.from(after)}
    order by sha256 limit ${limit}`.execute(db);
  return rows.map(({ sha256 }) => sha256);
}

/** A page of the blobs that bundles need: the listings they are told apart by, and what those under way carry. */
export async function bundleDigests(db: Db, after: Uint8Array, limit: number): Promise<Buffer[]> {
  const { rows } = await sql<{ blob: Buffer }>`
    select blob from (
      select contents as blob from bundle where contents is not null union select blob from bundle_blob
    ) as needed
    where blob > ${Buffer.from(after)} order by blob limit ${limit}`.execute(db);
  return rows.map(({ blob }) => blob);
}

/** The number of each channel's head, by the channel's number. */
export async function headNumbers(db: Db): Promise<Record<string, number>> {
  const rows = await db.selectFrom('channel').select(['id', 'head_no']).where('head_no', '>', 0).execute();
  return Object.fromEntries(rows.map(({ id, head_no }) => [id, head_no]));
}

/** Let no publication begin to show anything until this transaction ends; waits for those that are just doing so. */
export async function holdPublications(trx: Db): Promise<void> {
  await sql`lock table publication in share mode`.execute(trx);
}
