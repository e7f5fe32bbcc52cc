import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { EntryKind, PublicationInput } from '../tables.ts';

/** One file of a publication: a package name's shard or an index document. */
export interface EntryRow {
  kind: EntryKind;
  key: string;
  blob: Uint8Array;
  signature: Uint8Array | null;
  /** Package files that the shard lists; 0 for a document. */
  files: number;
}

/** Everything one publication changes. */
export interface PublicationChange {
  cause: string;
  inputs: PublicationInput[];
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
    .select(['kind', 'key', 'blob', 'signature', 'files'])
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
      inputs: JSON.stringify(change.inputs),
      added: change.added,
      removed: change.removed,
      files: change.files,
      packages: change.packages,
    })
    .execute();
  for (const kind of ['shard', 'document'] as const) {
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
      insert into entry (channel_id, kind, key, from_no, blob, signature, files)
      select ${channelId}, kind, key, ${no}, blob, signature, files from unnest(
        ${rows.map((row) => row.kind)}::text[], ${rows.map((row) => row.key)}::text[],
        ${rows.map((row) => Buffer.from(row.blob))}::bytea[],
        ${rows.map((row) => row.signature && Buffer.from(row.signature))}::bytea[],
        ${rows.map((row) => row.files)}::int[]
      ) as row(kind, key, blob, signature, files)`.execute(db);
  }
  await db.updateTable('channel').set({ head_no: no }).where('id', '=', channelId).execute();
}

/** The subdirs of which the head lists anything. */
export async function entrySubdirs(db: Db, channelId: number): Promise<string[]> {
  const { rows } = await sql<{ subdir: string }>`
    select distinct split_part(key, '/', 1) as subdir from entry
    where channel_id = ${channelId} and kind = 'document' and to_no is null and strpos(key, '/') > 0`.execute(db);
  return rows.map((row) => row.subdir);
}

/** Remember what the head of a channel was judged from. */
export async function setJudged(db: Db, channelId: number, judged: string): Promise<void> {
  await db.updateTable('channel').set({ judged }).where('id', '=', channelId).execute();
}
