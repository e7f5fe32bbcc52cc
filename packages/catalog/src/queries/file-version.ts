import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../session.ts';
import type { RevisionCause } from '../tables.ts';
import type { RecordVersion } from './record.ts';

/** How a source came to the revision at which a version of a file begins or ends. */
export interface Turn {
  revision: number;
  /** Null where nobody noted it: before there was a history. */
  at: Date | null;
  cause: RevisionCause | null;
  actor: string | null;
  /** Null, as the actor is, also where a mirror of another channel, which has the same source, ran: that is nobody's business here. */
  run_id: string | null;
  /** The channel's mirror of that run, else one of the channel's that shows the source; null when there is none. */
  mirror: string | null;
}

/** A version of a file in a source, and how it came and went. */
export interface FileVersion {
  source_id: number;
  subdir: string;
  file: string;
  from_rev: number;
  to_rev: number | null;
  begun: Turn;
  /** Null while it lives. */
  ended: Turn | null;
}

interface Row {
  source_id: number;
  subdir: string;
  file: string;
  from_rev: number;
  to_rev: number | null;
  begun: Omit<Turn, 'at'> & { at: string | null };
  ended: (Omit<Turn, 'at'> & { at: string | null }) | null;
}

const turnOf = (table: string, revision: RawBuilder<unknown>, channelId: number) => sql`jsonb_build_object(
  'revision', ${revision}, 'at', ${sql.ref(`${table}.at`)}, 'cause', ${sql.ref(`${table}.cause`)},
  'actor', case when ${sql.ref(`${table}.run_id`)} is null or ${sql.ref(`${table}_mirror.id`)} is not null then ${sql.ref(`${table}.actor`)} end,
  'run_id', case when ${sql.ref(`${table}_mirror.id`)} is not null then ${sql.ref(`${table}.run_id`)} end,
  'mirror', coalesce(${sql.ref(`${table}_mirror.name`)}, (
    select name from mirror
    where channel_id = ${channelId} and source_id = record.source_id order by position limit 1
  ))
)`;

const joinTurn = (table: string, revision: RawBuilder<unknown>, channelId: number) => sql`
  left join source_revision as ${sql.ref(table)}
    on ${sql.ref(`${table}.source_id`)} = record.source_id and ${sql.ref(`${table}.revision`)} = ${revision}
  left join run as ${sql.ref(`${table}_run`)} on ${sql.ref(`${table}_run.id`)} = ${sql.ref(`${table}.run_id`)}
  left join mirror as ${sql.ref(`${table}_mirror`)} on ${sql.ref(`${table}_mirror.id`)} = ${sql.ref(`${table}_run.mirror_id`)}
    and ${sql.ref(`${table}_mirror.channel_id`)} = ${channelId}`;

/**
 * All versions of these files in these sources of a channel, the oldest first; at most `most` a file and source, the newest ones.
 * Channels may share a source: of mirrors of others nothing is told.
 */
export async function fileVersions(
  db: Db,
  channelId: number,
  sourceIds: readonly number[],
  files: readonly { subdir: string; file: string }[],
  most = 200,
): Promise<FileVersion[]> {
  if (sourceIds.length === 0 || files.length === 0) return [];
  const { rows } = await sql<Row>`
    select record.source_id, record.subdir, record.file, record.from_rev, record.to_rev,
      ${turnOf('begun', sql`record.from_rev`, channelId)} as begun,
      case when record.to_rev is null then null else ${turnOf('ended', sql`record.to_rev`, channelId)} end as ended
    from unnest(${files.map(({ subdir }) => subdir)}::text[], ${files.map(({ file }) => file)}::text[]) as wanted(subdir, file)
    cross join unnest(${[...sourceIds]}::int[]) as source(id)
    cross join lateral (
      select source_id, subdir, file, from_rev, to_rev from record
      where record.source_id = source.id and record.subdir = wanted.subdir and record.file = wanted.file
      order by from_rev desc limit ${most}
    ) as record
    ${joinTurn('begun', sql`record.from_rev`, channelId)}
    ${joinTurn('ended', sql`record.to_rev`, channelId)}
    order by record.subdir, record.file, record.source_id, record.from_rev`.execute(db);
  return rows.map(({ begun, ended, ...version }) => ({
    ...version,
    begun: withTime(begun),
    ended: ended && withTime(ended),
  }));
}

function withTime({ at, ...turn }: Row['begun']): Turn {
  return { ...turn, at: at === null ? null : new Date(at) };
}

/** The texts of all versions of a file in these sources, by source and revision; at most `most` a source, the newest ones. */
export async function fileTexts(
  db: Db,
  sourceIds: readonly number[],
  { subdir, file }: { subdir: string; file: string },
  most = 200,
): Promise<(RecordVersion & { source_id: number })[]> {
  const { rows } = await sql<RecordVersion & { source_id: number }>`
    select record.* from unnest(${[...sourceIds]}::int[]) as source(id)
    cross join lateral (
      select source_id, file, from_rev, to_rev, body, v3, extra, signatures from record
      where source_id = source.id and subdir = ${subdir} and file = ${file} order by from_rev desc limit ${most}
    ) as record`.execute(db);
  return rows;
}

/** All sources that a channel's kept publications were made from. */
export async function publishedSources(db: Db, channelId: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct (input ->> 'source_id')::int as id
    from publication cross join lateral jsonb_array_elements(inputs) as input
    where channel_id = ${channelId} order by id`.execute(db);
  return rows.map(({ id }) => id);
}

/** From which publication to which (and without it) a shard lists a record with this word, the oldest first. */
export interface ShownInterval {
  word: number;
  from_no: number;
  /** Null while the head shows it. */
  to_no: number | null;
  from_at: Date | null;
  to_at: Date | null;
}

/**
 * Which publications list these records, intervals that touch joined.
 *
 * @param key of the shard, `<subdir>/<package name>`.
 * @param words the records' words in a shard's signature, 8 bytes each; `word` of an answer is the place of one.
 */
export async function shownIntervals(
  db: Db,
  channelId: number,
  key: string,
  words: readonly Uint8Array[],
): Promise<ShownInterval[]> {
  if (words.length === 0) return [];
  const { rows } = await sql<ShownInterval>`
    with listed as (
      select wanted.n, entry.from_no, entry.to_no
      from unnest(${words.map((word) => Buffer.from(word))}::bytea[]) with ordinality as wanted(word, n)
      join entry on entry.channel_id = ${channelId} and entry.kind = 'shard' and entry.key = ${key}
        and position(wanted.word in entry.signature) > 0
    ), marked as (
      select *, case when lag(to_no) over (partition by n order by from_no) = from_no then 0 else 1 end as begins from listed
    ), grouped as (
      select *, sum(begins) over (partition by n order by from_no) as part from marked
    ), joined as (
      select n, min(from_no) as from_no, case when bool_or(to_no is null) then null else max(to_no) end as to_no
      from grouped group by n, part
    )
    select (n - 1)::int as word, from_no, to_no,
      (select created_at from publication where channel_id = ${channelId} and no >= from_no order by no limit 1) as from_at,
      (select created_at from publication where channel_id = ${channelId} and no >= to_no order by no limit 1) as to_at
    from joined order by n, from_no`.execute(db);
  return rows;
}
