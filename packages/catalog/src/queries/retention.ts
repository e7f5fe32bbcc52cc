import type { RetentionDays } from '@sluice/policy';
import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** A channel's publications and what decides which of them are kept. */
export interface KeepState {
  path: string;
  head: number;
  monolith: number;
  /** Those that have a name, or that a bundle is being made from. */
  pinned: number[];
  /** Where it differs from the installation's setting. */
  retention: Partial<RetentionDays> | null;
  /** By number, ascending. */
  publications: { no: number; created_at: Date }[];
}

/** Channels by number, from after `after` on; deleted ones are left out, a job of theirs removes everything. */
export async function channelsAfter(db: Db, after: number, limit: number): Promise<{ id: number; path: string }[]> {
  return db
    .selectFrom('channel')
    .select(['id', 'path'])
    .where('id', '>', after)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** What decides which publications of a channel are kept; undefined when it was deleted. */
export async function keepState(db: Db, channelId: number): Promise<KeepState | undefined> {
  const channel = await db
    .selectFrom('channel')
    .select(['path', 'head_no', 'monolith_no', 'retention'])
    .where('id', '=', channelId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!channel) return undefined;
  const pins = await db.selectFrom('pin').select('no').where('channel_id', '=', channelId).execute();
  const bundled = await db.selectFrom('bundle_publication').select('no').where('channel_id', '=', channelId).execute();
  const publications = await db
    .selectFrom('publication')
    .select(['no', 'created_at'])
    .where('channel_id', '=', channelId)
    .orderBy('no')
    .execute();
  return {
    path: channel.path,
    head: channel.head_no,
    monolith: channel.monolith_no,
    pinned: [...pins, ...bundled].map(({ no }) => no),
    retention: channel.retention,
    publications,
  };
}

/**
 * Delete publications, but for those that are pinned or that the head or the monolith has moved to meanwhile. Their rows
 * are locked first, so that whoever pins one just now is seen, or finds it gone.
 *
 * @returns how many went.
 */
export async function deletePublications(trx: Db, channelId: number, numbers: readonly number[]): Promise<number> {
  await sql`
    select from publication where channel_id = ${channelId} and no = any(${[...numbers]}::int[]) order by no for update`.execute(
    trx,
  );
  const { numAffectedRows } = await sql`
    delete from publication where channel_id = ${channelId} and no = any(${[...numbers]}::int[])
      and no not in (select no from pin where channel_id = ${channelId})
      and no not in (select no from bundle_publication where channel_id = ${channelId})
      and no not in (select unnest(array[head_no, monolith_no]) from channel where id = ${channelId})`.execute(trx);
  return Number(numAffectedRows ?? 0);
}

/** Entries that no publication lists any more, at most `portion`. @returns how many went. */
export async function deleteUnlistedEntries(db: Db, channelId: number, portion: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from entry where ctid = any(array(
      select ctid from entry
      where channel_id = ${channelId} and to_no is not null and not exists (
        select from publication
        where publication.channel_id = entry.channel_id and no >= entry.from_no and no < entry.to_no
      )
      limit ${portion}
    ))`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** How many entries would be listed by none if only these publications were there. */
export async function countUnlistedEntries(db: Db, channelId: number, kept: readonly number[]): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from entry
    where channel_id = ${channelId} and to_no is not null and not exists (
      select from unnest(${[...kept]}::int[]) as no where no >= entry.from_no and no < entry.to_no
    )`.execute(db);
  return rows[0]!.n;
}

/** How long a document made for an older publication stays. */
const documentsKept = sql`interval '1 day'`;

/** Documents that neither the head nor a pinned publication serves, and that were not made within the last day. */
const spareDocuments = (now: Date) => sql`
  monolith.written_at < ${now}::timestamptz - ${documentsKept} and not exists (
    select from (
      select channel.id as channel_id, channel.monolith_no as no from channel where channel.id = monolith.channel_id
      union all select pin.channel_id, pin.no from pin where pin.channel_id = monolith.channel_id
    ) as served
    where monolith.no = (
      select max(served_by.no) from monolith as served_by
      where served_by.channel_id = monolith.channel_id and served_by.key = monolith.key and served_by.no <= served.no
    )
  )`;

/** Revisions at which a layer shows a source, or a run that is not over means to. */
const usedRevisions = sql`(
  select source_id, at_rev as revision from mirror where at_rev > 0
  union all
  select kept.id, kept.revision from source as kept join mirror on mirror.kept_source_id = kept.id
  union all
  select coalesce(mirror.next_source_id, mirror.source_id), run.revision
  from run join mirror on mirror.id = run.mirror_id where run.finished_at is null and run.revision is not null
)`;

/** Columns of a revision that no layer needs: there are newer ones, and no layer reads these. */
const spareFacts = sql`
  exists (
    select from facts as newer
    where newer.source_id = facts.source_id and newer.subdir = facts.subdir and newer.revision > facts.revision
  ) and not exists (
    select from ${usedRevisions} as used
    where used.source_id = facts.source_id and used.revision >= facts.revision and not exists (
      select from facts as nearer
      where nearer.source_id = facts.source_id and nearer.subdir = facts.subdir
        and nearer.revision > facts.revision and nearer.revision <= used.revision
    )
  )`;

const spareNeeded = sql`
  not exists (
    select from ${usedRevisions} as used
    where used.source_id = needed_files.source_id and used.revision = needed_files.revision
  )`;

/** Upstream shards that are over, and were not at any layer's revision. */
const spareShards = sql`
  to_rev is not null and not exists (
    select from ${usedRevisions} as used
    where used.source_id = source_shard.source_id
      and used.revision >= source_shard.from_rev and used.revision < source_shard.to_rev
  )`;

/** Lists of sources that no mirror reads. */
const spareLists = sql`
  not exists (
    select from mirror where source_list.source_id in (mirror.source_id, mirror.next_source_id)
  )`;

/**
 * What stands beside versions of files that are over, and were not at any layer's revision. That of an upload is to be had nowhere
 * else, so it stays while the file does: older publications list it as it was before it was yanked.
 */
const spareCompanions = sql`
  not exists (
    select from record
    where record.source_id = record_companion.source_id and record.subdir = record_companion.subdir
      and record.file = record_companion.file and record.from_rev = record_companion.from_rev
      and (record.to_rev is null or exists (
        select from ${usedRevisions} as used
        where used.source_id = record.source_id and used.revision >= record.from_rev and used.revision < record.to_rev
      ) or exists (
        select from source join record as live on live.source_id = source.id
        where source.id = record.source_id and source.channel_id is not null
          and live.subdir = record.subdir and live.file = record.file and live.to_rev is null
      ))
  )`;

const derived = {
  monolith: spareDocuments,
  facts: () => spareFacts,
  needed_files: () => spareNeeded,
  source_shard: () => spareShards,
  source_list: () => spareLists,
  record_companion: () => spareCompanions,
  // Each goes with its channel, or when that shows no more than was asked for.
  project_list: () => sql`false`,
};

/** Tables of what was worked out, and can be again. */
export type DerivedTable = keyof typeof derived;
export const derivedTables = Object.keys(derived) as readonly DerivedTable[];

/** Delete rows of what was worked out and is of no use any more, at most `portion`. @returns how many went. */
export async function deleteSpareRows(db: Db, table: DerivedTable, now: Date, portion: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where ctid = any(array(
      select ctid from ${sql.table(table)} where ${derived[table](now)} limit ${portion}
    ))`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** How many there are. */
export async function countSpareRows(db: Db, table: DerivedTable, now: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from ${sql.table(table)} where ${derived[table](now)}`.execute(db);
  return rows[0]!.n;
}

/** Blobs that the other rows of such a table refer to: a page in the order of their digests. */
export async function derivedBlobs(
  db: Db,
  table: DerivedTable,
  now: Date,
  after: Uint8Array,
  limit: number,
): Promise<Buffer[]> {
  const page = (column: 'blob' | 'lines') => sql`
    select distinct ${sql.ref(column)} as blob from ${sql.table(table)}
    where ${sql.ref(column)} > ${Buffer.from(after)} and not (${derived[table](now)})`;
  const all = table === 'needed_files' ? sql`${page('blob')} union ${page('lines')}` : page('blob');
  const { rows } = await sql<{ blob: Buffer }>`${all} order by blob limit ${limit}`.execute(db);
  return rows.map(({ blob }) => blob);
}
