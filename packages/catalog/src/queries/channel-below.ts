import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { PublicationInput } from '../tables.ts';
import type { EntryRow } from './publication.ts';

/** What a channel below shows: its head, and what that was made from. */
export interface BelowHead {
  channel_id: number;
  no: number;
  inputs: PublicationInput[];
  patch_rev: number;
}

/** The heads of the channels that show below a channel, the first on top. One that has published nothing shows nothing. */
export async function headsBelow(db: Db, channelId: number): Promise<BelowHead[]> {
  return db
    .selectFrom('channel_layer')
    .innerJoin('channel', 'channel.id', 'channel_layer.below_id')
    .innerJoin('publication', (join) =>
      join.onRef('publication.channel_id', '=', 'channel.id').onRef('publication.no', '=', 'channel.head_no'),
    )
    .select(['channel.id as channel_id', 'publication.no', 'publication.inputs', 'publication.patch_rev'])
    .where('channel_layer.channel_id', '=', channelId)
    .where('channel.deleted_at', 'is', null)
    .orderBy('channel_layer.position')
    .execute();
}

/** The parts of which any kept publication of a channel lists something. */
export async function listedParts(db: Db, channelId: number): Promise<string[]> {
  const { rows } = await sql<{ part: string }>`
    select distinct split_part(key, '/', 1) as part from entry where channel_id = ${channelId} and kind = 'index'
    order by 1`.execute(db);
  return rows.map(({ part }) => part);
}

/** How many keys are asked about at once. */
const portion = 10_000;

/** The shards of one publication of a channel under these keys, `<part>/<package name>`. */
export async function shardsAt(
  db: Db,
  channelId: number,
  no: number,
  keys: readonly string[],
): Promise<Pick<EntryRow, 'key' | 'blob' | 'signature'>[]> {
  const found: Pick<EntryRow, 'key' | 'blob' | 'signature'>[] = [];
  for (let at = 0; at < keys.length; at += portion) {
    const { rows } = await sql<Pick<EntryRow, 'key' | 'blob' | 'signature'>>`
      select key, blob, signature from entry
      where channel_id = ${channelId} and kind = 'shard' and key = any(${keys.slice(at, at + portion)})
        and from_no <= ${no} and (to_no is null or to_no > ${no})`.execute(db);
    found.push(...rows);
  }
  return found;
}

/** The keys of the shards that are not the same entry in two publications of a channel, both of which are kept. */
export async function changedShards(db: Db, channelId: number, from: number, to: number): Promise<string[]> {
  const [low, high] = from < to ? [from, to] : [to, from];
  const { rows } = await sql<{ key: string }>`
    select distinct key from entry
    where channel_id = ${channelId} and kind = 'shard'
      and ((from_no > ${low} and from_no <= ${high}) or (to_no > ${low} and to_no <= ${high}))`.execute(db);
  return rows.map(({ key }) => key);
}

/** The parts of a source that have a live file at `revision` whose key lies between these two, the second left out. */
export async function partsHaving(
  db: Db,
  { source_id, revision }: { source_id: number; revision: number },
  [from, to]: readonly [string, string],
): Promise<string[]> {
  const { rows } = await sql<{ subdir: string }>`
    select subdir from source_part
    where source_id = ${source_id} and exists (
      select from record
      where record.source_id = source_part.source_id and record.subdir = source_part.subdir
        and file >= ${from} and file < ${to} and from_rev <= ${revision} and (to_rev is null or to_rev > ${revision})
    )
    order by subdir`.execute(db);
  return rows.map(({ subdir }) => subdir);
}
