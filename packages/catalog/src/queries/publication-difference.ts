import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';
import { liveAt } from './listed-version.ts';

/** A shard as one of two publications has it. */
export interface ComparedShard extends BlobRow {
  signature: Uint8Array | null;
  files: number;
}

/** A package name in a subdir that two publications show differently; one of the two may not show it at all. */
export interface TouchedEntry {
  /** `<subdir>/<package name>` */
  key: string;
  from: ComparedShard | undefined;
  to: ComparedShard | undefined;
}

interface Row {
  key: string;
  side: 'from' | 'to';
  sha256: Uint8Array;
  size: number;
  pack: string | null;
  pack_offset: number | null;
  signature: Uint8Array | null;
  files: number;
}

/**
 * The shards that differ between two publications of a channel, in byte order of their keys: those whose interval holds
 * one of the two numbers only, and which do not have the same signature again at the other.
 */
export async function touchedEntries(
  db: Db,
  channelId: number,
  { from, to, subdir, name }: { from: number; to: number; subdir?: string | undefined; name?: string | undefined },
): Promise<TouchedEntry[]> {
  const { rows } = await sql<Row>`
    with one as (
      select key, ${liveAt(from)} as at_from, blob, signature, files from entry
      where channel_id = ${channelId} and kind = 'shard' and ${liveAt(from)} <> ${liveAt(to)}
        and ${subdir === undefined ? sql`true` : sql`starts_with(key, ${`${subdir}/`})`}
        and ${name === undefined ? sql`true` : sql`split_part(key, '/', 2) = ${name}`}
    )
    select one.key, case when at_from then 'from' else 'to' end as side, one.signature, one.files,
      blob.sha256, blob.size, blob.pack, blob.pack_offset
    from one join blob on blob.sha256 = one.blob
    where not exists (
      select from one as other
      where other.key = one.key and other.at_from <> one.at_from and other.signature = one.signature
    )
    order by one.key collate "C"`.execute(db);
  const touched = new Map<string, TouchedEntry>();
  for (const { key, side, ...shard } of rows) {
    const entry = touched.get(key) ?? { key, from: undefined, to: undefined };
    entry[side] = shard;
    touched.set(key, entry);
  }
  return [...touched.values()];
}

/**
 * The COPY command that reads the shards of a part which only one of two publications lists: columns key, signature, and whether
 * it is the later one. A package name that both list has one row of each.
 *
 * @param to later than `from`.
 */
export function copyMovedShards(channelId: number, part: string, { from, to }: { from: number; to: number }): string {
  // A range, since '0' is what follows '/': so it is found by the key.
  const [begin, end] = [`${part}/`, `${part}0`].map((key) => pg.escapeLiteral(key));
  const shards = `channel_id = ${Number(channelId)} and kind = 'shard' and key >= ${begin} and key < ${end}`;
  const [earlier, later] = [Number(from), Number(to)];
  return `copy (
    select key, signature, false from entry
    where ${shards} and to_no > 0 and to_no > ${earlier} and to_no <= ${later} and from_no <= ${earlier}
    union all
    select key, signature, true from entry
    where ${shards} and from_no > 0 and from_no > ${earlier} and from_no <= ${later}
      and (to_no is null or to_no > ${later})
  ) to stdout (format binary)`;
}
