import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';
import type { EntryRow } from './publication.ts';
import type { Part } from './record.ts';

/** A key of a shard, and the signature it is to have. */
export interface WantedShard {
  key: string;
  signature: Uint8Array;
}

/** How many keys are asked about at once. */
const portion = 10_000;

/** The shards of a channel's head under these keys. */
export async function headShardEntries(db: Db, channelId: number, keys: readonly string[]): Promise<EntryRow[]> {
  const found: EntryRow[] = [];
  for (let at = 0; at < keys.length; at += portion) {
    const { rows } = await sql<EntryRow>`
      select kind, key, blob, signature, files, bytes, buckets, upstream from entry
      where channel_id = ${channelId} and kind = 'shard' and to_no is null
        and key = any(${keys.slice(at, at + portion)})`.execute(db);
    found.push(...rows);
  }
  return found;
}

/** Of these package names those that the head has in any of these subdirs, each with the subdirs. */
export async function headNameSubdirs(
  db: Db,
  channelId: number,
  subdirs: readonly string[],
  names: readonly string[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const wanted = names.flatMap((name) => subdirs.map((subdir) => `${subdir}/${name}`));
  for (let at = 0; at < wanted.length; at += portion) {
    const { rows } = await sql<{ key: string }>`
      select key from entry where channel_id = ${channelId} and kind = 'shard' and to_no is null
        and key = any(${wanted.slice(at, at + portion)})`.execute(db);
    for (const { key } of rows) {
      const cut = key.indexOf('/');
      const name = key.slice(cut + 1);
      found.set(name, [...(found.get(name) ?? []), key.slice(0, cut)]);
    }
  }
  return found;
}

/** Shards that were written here once under the same key with the same signature: their bytes can be listed again. */
export async function earlierShards(
  db: Db,
  channelId: number,
  wanted: readonly WantedShard[],
): Promise<{ key: string; blob: Uint8Array }[]> {
  const found: { key: string; blob: Uint8Array }[] = [];
  for (let at = 0; at < wanted.length; at += portion) {
    const some = wanted.slice(at, at + portion);
    const { rows } = await sql<{ key: string; blob: Buffer }>`
      select distinct on (entry.key) entry.key, entry.blob
      from unnest(
        ${some.map(({ key }) => key)}::text[], ${some.map(({ signature }) => Buffer.from(signature))}::bytea[]
      ) as wanted(key, signature)
      join entry on entry.channel_id = ${channelId} and entry.kind = 'shard' and entry.key = wanted.key
        and entry.signature = wanted.signature and entry.buckets is not null and not entry.upstream
      order by entry.key, entry.from_no desc`.execute(db);
    found.push(...rows);
  }
  return found;
}

/** The upstream's own shards of these package names at `revision`, as far as they may be handed on as they are. */
export async function upstreamShards(
  db: Db,
  part: Part,
  revision: number,
  names: readonly string[],
): Promise<{ name: string; blob: Uint8Array; signature: Uint8Array }[]> {
  const found: { name: string; blob: Uint8Array; signature: Uint8Array }[] = [];
  for (let at = 0; at < names.length; at += portion) {
    const { rows } = await sql<{ name: string; blob: Buffer; signature: Buffer }>`
      select name, blob, signature from source_shard
      where source_id = ${part.source_id} and subdir = ${part.subdir} and name = any(${names.slice(at, at + portion)})
        and from_rev <= ${revision} and (to_rev is null or to_rev > ${revision})
        and blob is not null and signature is not null`.execute(db);
    found.push(...rows);
  }
  return found;
}

/** The shard indexes of a channel's head, and where their blobs lie. */
export async function headIndexes(db: Db, channelId: number): Promise<(BlobRow & { subdir: string })[]> {
  const { rows } = await sql<BlobRow & { subdir: string }>`
    select split_part(entry.key, '/', 1) as subdir, blob.sha256, blob.size, blob.pack, blob.pack_offset
    from entry join blob on blob.sha256 = entry.blob
    where entry.channel_id = ${channelId} and entry.kind = 'index' and entry.to_no is null`.execute(db);
  return rows;
}

/** The first shards, by their keys, of the channel that was published last. */
export async function lastPublishedShards(
  db: Db,
  most: number,
): Promise<{ channel_id: number; key: string; files: number }[]> {
  const { rows } = await sql<{ channel_id: number; key: string; files: number }>`
    select channel_id, key, files from entry
    where kind = 'shard' and to_no is null and channel_id = (
      select publication.channel_id from publication join channel on channel.id = publication.channel_id
      where channel.deleted_at is null order by publication.created_at desc limit 1
    )
    order by key limit ${most}`.execute(db);
  return rows;
}
