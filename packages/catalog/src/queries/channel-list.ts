import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Privacy } from '../tables.ts';
import type { ChannelRow } from './channel.ts';

/**
 * Which channels somebody may see: every public one, and those of the given privacies or owner that are also among
 * `paths`, when there are any. Made by identity's `channelSight`, the twin of its `channelPermission`.
 */
export interface ChannelSight {
  privacies: readonly Privacy[];
  owner_id: string | null;
  paths: readonly string[] | null;
}

/** A channel with everything a list shows of it. What the viewer may not see is not counted. */
export interface ChannelSummary extends ChannelRow {
  parent_path: string | null;
  owner: string | null;
  /** Package names and files in the head. */
  packages: number;
  files: number;
  mirror_count: number;
  subchannel_count: number;
}

/** Which channels to list, and in what order. */
export interface ChannelList {
  sight: ChannelSight;
  /** Only the subchannels of this channel, only channels proper, or both. */
  within: { parent_id: number } | 'top' | 'anywhere';
  /** Only those of this account. */
  owner_id?: string;
  /** Only those with this text in path or description, in any letter case. */
  q?: string;
  sort: keyof typeof sortColumns;
  descending: boolean;
  limit: number;
  offset: number;
}

const sortColumns = {
  name: 'channel.path',
  created: 'channel.created_at',
  updated: 'channel.updated_at',
  download_count: 'channel.download_count',
  artifact_count: 'packages',
  file_count: 'files',
  mirror_count: 'mirror_count',
} as const;

/** The orders a list of channels can have. */
export const channelSorts = Object.keys(sortColumns) as (keyof typeof sortColumns)[];

/** One channel with everything a list shows of it; undefined when it is being deleted. */
export async function findChannelSummary(db: Db, id: number, sight: ChannelSight): Promise<ChannelSummary | undefined> {
  return summaries(db, sight).where('channel.id', '=', id).executeTakeFirst();
}

/** One page of the channels somebody may see, and how many there are in all. */
export async function listChannels(
  db: Db,
  list: ChannelList,
): Promise<{ rows: ChannelSummary[]; total_count: number }> {
  const wanted = sql<boolean>`${isSeen('channel', list.sight)}
    and ${within(list.within)}
    and ${list.owner_id === undefined ? sql`true` : sql`channel.owner_id = ${list.owner_id}`}
    and ${list.q ? sql`strpos(lower(channel.path || ' ' || channel.description), lower(${list.q})) > 0` : sql`true`}`;
  const rows = await summaries(db, list.sight)
    .where(wanted)
    .orderBy(sql.ref(sortColumns[list.sort]), list.descending ? 'desc' : 'asc')
    .orderBy('channel.id')
    .limit(list.limit)
    .offset(list.offset)
    .execute();
  const count = await db
    .selectFrom('channel')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('deleted_at', 'is', null)
    .where(wanted)
    .executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}

function summaries(db: Db, sight: ChannelSight) {
  return db
    .selectFrom('channel')
    .leftJoin('channel as parent', 'parent.id', 'channel.parent_id')
    .leftJoin('account', 'account.id', 'channel.owner_id')
    .leftJoin('publication', (join) =>
      join.onRef('publication.channel_id', '=', 'channel.id').onRef('publication.no', '=', 'channel.head_no'),
    )
    .selectAll('channel')
    .select(['parent.path as parent_path', 'account.name as owner'])
    .select([
      sql<number>`coalesce(publication.packages, 0)`.as('packages'),
      sql<number>`coalesce(publication.files, 0)`.as('files'),
      sql<number>`(select count(*)::int from mirror where mirror.channel_id = channel.id)`.as('mirror_count'),
      sql<number>`(
        select count(*)::int from channel child
        where child.parent_id = channel.id and child.deleted_at is null and ${isSeen('child', sight)}
      )`.as('subchannel_count'),
    ])
    .where('channel.deleted_at', 'is', null);
}

function isSeen(table: 'channel' | 'child', { privacies, owner_id, paths }: ChannelSight) {
  const privacy = sql.ref(`${table}.privacy`);
  return sql<boolean>`(${privacy} = 'public' or (
    (${privacy} = any(${privacies}::text[]) or ${sql.ref(`${table}.owner_id`)} = ${owner_id}::uuid)
    and (${paths}::text[] is null or ${sql.ref(`${table}.path`)} = any(${paths}::text[]))
  ))`;
}

function within(place: ChannelList['within']) {
  if (place === 'anywhere') return sql`true`;
  return place === 'top' ? sql`channel.parent_id is null` : sql`channel.parent_id = ${place.parent_id}`;
}
