import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { EntryKind, PublicationInput } from '../tables.ts';

/** One file of a publication: a package name's shard, or a subdir's shard index. */
export interface EntryRow {
  kind: EntryKind;
  key: string;
  blob: Uint8Array;
  signature: Uint8Array | null;
  /** Package files that the shard lists; 0 for an index. */
  files: number;
  /** What its records take in repodata.json, each with its key and a comma after it; 0 for an index. */
  bytes: number;
  /** How many of them stand in packages, packages.conda, v3.conda, v3.tar.bz2; null for an index, and in old rows. */
  buckets: number[] | null;
  /** Whether the blob is an upstream's own shard. */
  upstream: boolean;
}

const entryColumns = ['kind', 'key', 'blob', 'signature', 'files', 'bytes', 'buckets', 'upstream'] as const;

/** Everything one publication changes. */
export interface PublicationChange {
  cause: string;
  /** Who caused it; null for the server itself. */
  actor: string | null;
  inputs: PublicationInput[];
  patch_rev: number;
  added: number;
  removed: number;
  /** What the publication shows in all: files, and package names over all subdirs. */
  files: number;
  packages: number;
  /** Entries that are new or have another blob. */
  put: EntryRow[];
  /** Keys that are gone. */
  drop: { kind: EntryKind; key: string }[];
}

/** The live entries of a kind whose key begins with `prefix`. */
export async function liveEntries(db: Db, channelId: number, kind: EntryKind, prefix: string): Promise<EntryRow[]> {
  return db
    .selectFrom('entry')
    .select(entryColumns)
    .where('channel_id', '=', channelId)
    .where('kind', '=', kind)
    .where('to_no', 'is', null)
    .where(sql<boolean>`starts_with(key, ${prefix})`)
    .orderBy('key')
    .execute();
}

/**
 * Write publication `no` and move the head to it: close what changed, insert what is new. Runs in the caller's
 * transaction, under the channel's lock.
 */
export async function insertPublication(
  db: Db,
  channelId: number,
  no: number,
  change: PublicationChange,
  now: Date,
): Promise<void> {
  await db
    .insertInto('publication')
    .values({
      channel_id: channelId,
      no,
      created_at: now,
      cause: change.cause,
      actor: change.actor,
      inputs: JSON.stringify(change.inputs),
      patch_rev: change.patch_rev,
      added: change.added,
      removed: change.removed,
      files: change.files,
      packages: change.packages,
    })
    .execute();
  for (const kind of ['shard', 'index'] as const) {
    const keys = [...change.put, ...change.drop].filter((entry) => entry.kind === kind).map((entry) => entry.key);
    for (let at = 0; at < keys.length; at += 10_000) {
      await sql`
        update entry set to_no = ${no}
        where channel_id = ${channelId} and kind = ${kind} and key = any(${keys.slice(at, at + 10_000)})
          and to_no is null`.execute(db);
    }
  }
  for (let at = 0; at < change.put.length; at += 5000) {
    const rows = change.put.slice(at, at + 5000);
    // As arrays: a parameter for every value would cost a hundred bytes each.
    await sql`
      insert into entry (channel_id, kind, key, from_no, blob, signature, files, bytes, buckets, upstream)
      select ${channelId}, kind, key, ${no}, blob, signature, files, bytes, buckets::integer[], upstream from unnest(
        ${rows.map((row) => row.kind)}::text[], ${rows.map((row) => row.key)}::text[],
        ${rows.map((row) => Buffer.from(row.blob))}::bytea[],
        ${rows.map((row) => row.signature && Buffer.from(row.signature))}::bytea[],
        ${rows.map((row) => row.files)}::int[], ${rows.map((row) => row.bytes)}::bigint[],
        ${rows.map((row) => row.buckets && `{${row.buckets.join(',')}}`)}::text[], ${rows.map((row) => row.upstream)}::boolean[]
      ) as row(kind, key, blob, signature, files, bytes, buckets, upstream)`.execute(db);
  }
  await db.updateTable('channel').set({ head_no: no }).where('id', '=', channelId).execute();
}

/** What a channel's newest publication shows in all; undefined before its first. */
export async function headCounts(
  db: Db,
  channelId: number,
  no: number,
): Promise<{ files: number; packages: number; created_at: Date } | undefined> {
  return db
    .selectFrom('publication')
    .select(['files', 'packages', 'created_at'])
    .where('channel_id', '=', channelId)
    .where('no', '=', no)
    .executeTakeFirst();
}

/** Count anew, by its entries, what a channel's head shows in all. */
export async function recountHead(db: Db, channelId: number): Promise<void> {
  await sql`
    update publication set files = counted.files, packages = counted.packages
    from channel, (
      select coalesce(sum(files), 0)::int as files, count(distinct split_part(key, '/', 2))::int as packages from entry
      where channel_id = ${channelId} and kind = 'shard' and to_no is null
    ) as counted
    where channel.id = ${channelId} and publication.channel_id = channel.id and publication.no = channel.head_no`.execute(
    db,
  );
}

/** The channels that show something and were not judged by what begins with `judged`: another version of Sluice did it. */
export async function channelsJudgedOtherwise(db: Db, judged: string): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from channel
    where head_no > 0 and not frozen and deleted_at is null and not starts_with(coalesce(judged, ''), ${judged})
    order by id`.execute(db);
  return rows.map(({ id }) => id);
}

/** Remember what the head of a channel was judged from. */
export async function setJudged(db: Db, channelId: number, judged: string): Promise<void> {
  await db.updateTable('channel').set({ judged }).where('id', '=', channelId).execute();
}
