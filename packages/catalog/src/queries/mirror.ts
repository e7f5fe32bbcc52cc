import type { MirrorFilters } from '@sluice/policy';
import type { ExpressionBuilder, RawBuilder, Selectable, SqlBool } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { MirrorLimits, MirrorMode, Privacy, RunState, Tables } from '../tables.ts';
import type { RunRow } from './run.ts';

/** A mirror with the channel it feeds and the source it reads. */
export interface MirrorRow {
  id: string;
  name: string;
  mode: MirrorMode;
  filters: MirrorFilters;
  keep_legacy: boolean;
  /** Whether its source is a house of our own, from which reserved names may come. */
  internal: boolean;
  limits: MirrorLimits;
  /** Whether files that vanish upstream stay shown; for `grace_days` days or, where that is null, for ever. */
  keep_removed: boolean;
  grace_days: number | null;
  cron: string;
  time_zone: string;
  next_run_at: Date | null;
  at_rev: number;
  last_run_id: string | null;
  created_at: Date;
  updated_at: Date;
  channel_id: number;
  channel_path: string;
  channel_privacy: Privacy;
  /** The source its runs read. Until one completes, the layer may still show {@link MirrorRow.shown_source_id}. */
  source_id: number;
  shown_source_id: number;
  source_type: string;
  /** Without secrets, as `credential` is sealed. */
  source_url: string;
  source_proxy: string | null;
  source_credential: Uint8Array | null;
  source_ca: string | null;
}

/** What a new mirror needs. */
export type NewMirror = Pick<
  Selectable<Tables['mirror']>,
  | 'id'
  | 'channel_id'
  | 'name'
  | 'source_id'
  | 'mode'
  | 'filters'
  | 'keep_legacy'
  | 'internal'
  | 'limits'
  | 'keep_removed'
  | 'grace_days'
  | 'cron'
  | 'time_zone'
  | 'next_run_at'
>;

/** Mirrors of a channel that is being deleted are not there any more. */
function mirrors(db: Db) {
  return db
    .selectFrom('mirror')
    .innerJoin('channel', 'channel.id', 'mirror.channel_id')
    .innerJoin('source', (join) =>
      join.on((eb) => eb('source.id', '=', eb.fn.coalesce('mirror.next_source_id', 'mirror.source_id'))),
    )
    .select([
      'mirror.id',
      'mirror.name',
      'mirror.mode',
      'mirror.filters',
      'mirror.keep_legacy',
      'mirror.internal',
      'mirror.limits',
      'mirror.keep_removed',
      'mirror.grace_days',
      'mirror.cron',
      'mirror.time_zone',
      'mirror.next_run_at',
      'mirror.at_rev',
      'mirror.last_run_id',
      'mirror.created_at',
      'mirror.updated_at',
      'channel.id as channel_id',
      'channel.path as channel_path',
      'channel.privacy as channel_privacy',
      'source.id as source_id',
      'mirror.source_id as shown_source_id',
      'source.type as source_type',
      'source.proxy as source_proxy',
      'source.credential as source_credential',
      'source.ca as source_ca',
    ])
    .select((eb) => eb.ref('source.url').$notNull().as('source_url'))
    .where('channel.deleted_at', 'is', null);
}

/** Add a mirror as the last layer of its channel. Undefined when the channel has one of that name. */
export async function insertMirror(db: Db, mirror: NewMirror, now: Date): Promise<{ id: string } | undefined> {
  const { filters, limits, ...columns } = mirror;
  return db
    .insertInto('mirror')
    .values((eb) => ({
      ...columns,
      filters: JSON.stringify(filters),
      limits: JSON.stringify(limits),
      position: eb
        .selectFrom('mirror')
        .select(sql<number>`coalesce(max(position), 0) + 1`.as('next'))
        .where('channel_id', '=', mirror.channel_id),
      created_at: now,
      updated_at: now,
    }))
    .onConflict((conflict) => conflict.columns(['channel_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst();
}

/** Change a mirror. A new source is shown when a run of it completes. */
export async function updateMirror(
  db: Db,
  id: string,
  change: Partial<Omit<NewMirror, 'id' | 'channel_id' | 'mode' | 'source_id'>> & { next_source_id?: number | null },
  now: Date,
): Promise<void> {
  const { filters, limits, ...columns } = change;
  await db
    .updateTable('mirror')
    .set({
      ...columns,
      ...(filters === undefined ? {} : { filters: JSON.stringify(filters) }),
      ...(limits === undefined ? {} : { limits: JSON.stringify(limits) }),
      updated_at: now,
    })
    .where('id', '=', id)
    .execute();
}

/**
 * Let the layer show what a run has brought in: its source at this revision. A layer that has gone further meanwhile, because
 * somebody asked for a name, stays there.
 */
export async function moveMirror(
  db: Db,
  id: string,
  to: { source_id: number; at_rev: number; last_run_id: string | null },
): Promise<void> {
  await db
    .updateTable('mirror')
    .set({
      source_id: to.source_id,
      last_run_id: to.last_run_id,
      at_rev: sql<number>`case when source_id = ${to.source_id} then greatest(at_rev, ${to.at_rev}) else ${to.at_rev} end`,
      next_source_id: null,
    })
    .where('id', '=', id)
    .execute();
}

/** Note which projects come along with those that a mirror names. What people write of its filters stays as it is now. */
export async function setDependencies(db: Db, id: string, names: readonly string[]): Promise<void> {
  const list = JSON.stringify(names);
  await sql`
    update mirror set filters = jsonb_set(filters, '{dependencies}', ${list}::jsonb) where id = ${id}`.execute(db);
}

/** Remove a mirror with its runs. Its source and the records of it stay. */
export async function removeMirror(db: Db, id: string): Promise<void> {
  await db.deleteFrom('mirror').where('id', '=', id).execute();
}

/** A mirror by its id. With `lock` its row stays locked until the transaction ends, so changes follow each other. */
export async function findMirror(
  db: Db,
  id: string,
  lock: 'for-update' | 'none' = 'none',
): Promise<MirrorRow | undefined> {
  const query = mirrors(db).where('mirror.id', '=', id);
  return (lock === 'for-update' ? query.forUpdate('mirror') : query).executeTakeFirst();
}

/** Mirrors by their ids; those that are gone are left out. */
export async function findMirrors(db: Db, ids: readonly string[]): Promise<MirrorRow[]> {
  return ids.length === 0 ? [] : mirrors(db).where('mirror.id', 'in', ids).execute();
}

/** The mirror of a channel that shows a source. */
export async function findMirrorOf(db: Db, channelId: number, sourceId: number): Promise<MirrorRow | undefined> {
  return mirrors(db)
    .where('mirror.channel_id', '=', channelId)
    .where('mirror.source_id', '=', sourceId)
    .orderBy('mirror.position')
    .orderBy('mirror.created_at')
    .orderBy('mirror.id')
    .limit(1)
    .executeTakeFirst();
}

/** A mirror by its name in a channel. */
export async function findMirrorByName(db: Db, channelId: number, name: string): Promise<MirrorRow | undefined> {
  return mirrors(db).where('mirror.channel_id', '=', channelId).where('mirror.name', '=', name).executeTakeFirst();
}

/** Which mirrors to list, and in what order. */
export interface MirrorList {
  /** Only mirrors of these channels; of all when left out. */
  channelIds?: readonly number[];
  /** Only mirrors of this channel and its subchannels, by its path. */
  channel?: string;
  /** Of the newest run; `never` before the first. */
  state?: RunState | 'never';
  type?: string;
  mode?: MirrorMode;
  /** Only mirrors whose name, channel or source has this text in it, in upper or lower case. */
  text?: string;
  sort: MirrorSort;
  descending?: boolean;
  limit: number;
  offset: number;
}

const sortColumns = {
  name: sql`mirror.name`,
  channel: sql`channel.path`,
  type: sql`source.type`,
  mode: sql`mirror.mode`,
  state: sql`newest.state`,
  source: sql`source.url`,
  last_run_at: sql`coalesce(newest.started_at, newest.created_at)`,
  next_run_at: sql`mirror.next_run_at`,
  created_at: sql`mirror.created_at`,
  updated_at: sql`mirror.updated_at`,
} as const;

export type MirrorSort = keyof typeof sortColumns;

/** One page of mirrors and how many there are in all. Mirrors without what is sorted by come last. */
export async function listMirrors(db: Db, list: MirrorList): Promise<{ rows: MirrorRow[]; total_count: number }> {
  if (list.channelIds?.length === 0) return { rows: [], total_count: 0 };
  const wanted = mirrors(db)
    .leftJoinLateral(newestRun, (join) => join.onTrue())
    .where((eb) => eb.and(conditions(list)));
  const rows = await wanted
    .orderBy(sortColumns[list.sort], (by) => (list.descending ? by.desc() : by.asc()).nullsLast())
    .orderBy('mirror.name')
    .orderBy('mirror.id')
    .limit(list.limit)
    .offset(list.offset)
    .execute();
  const count = await wanted
    .clearSelect()
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return { rows, total_count: Number(count.n) };
}

/** The newest run of a mirror: the open one, else the one that ended last. */
function newestRun(eb: ExpressionBuilder<Tables, 'mirror'>) {
  return eb
    .selectFrom('run')
    .select(['run.state', 'run.started_at', 'run.created_at'])
    .whereRef('run.mirror_id', '=', 'mirror.id')
    .orderBy('run.finished_at', (order) => order.desc().nullsFirst())
    .orderBy('run.created_at', 'desc')
    .orderBy('run.id')
    .limit(1)
    .as('newest');
}

function conditions({ channelIds, channel, state, type, mode, text }: MirrorList): RawBuilder<SqlBool>[] {
  const all: RawBuilder<SqlBool>[] = [];
  if (channelIds) all.push(sql`mirror.channel_id = any(${[...channelIds]}::bigint[])`);
  if (channel !== undefined) all.push(sql`(channel.path = ${channel} or starts_with(channel.path, ${`${channel}/`}))`);
  if (state === 'never') all.push(sql`newest.state is null`);
  else if (state) all.push(sql`newest.state = ${state}`);
  if (type) all.push(sql`source.type = ${type}`);
  if (mode) all.push(sql`mirror.mode = ${mode}`);
  if (text) {
    const within = sql`lower(concat_ws(E'\\n', mirror.name, channel.path, source.url))`;
    all.push(sql`position(lower(${text}) in ${within}) > 0`);
  }
  return all;
}

/** Whether any mirror of a source shows signed files only. */
export async function wantsSignatures(db: Db, sourceId: number): Promise<boolean> {
  const { rows } = await sql`
    select from mirror
    where ${sourceId} in (source_id, next_source_id) and filters -> 'only_signed' = 'true' limit 1`.execute(db);
  return rows.length > 0;
}

/** Mirrors whose time has come, locked for the caller; what another worker holds is left out. */
export async function dueMirrors(
  db: Db,
  now: Date,
  limit: number,
): Promise<Pick<MirrorRow, 'id' | 'cron' | 'time_zone' | 'channel_path'>[]> {
  return db
    .selectFrom('mirror')
    .innerJoin('channel', 'channel.id', 'mirror.channel_id')
    .select(['mirror.id', 'mirror.cron', 'mirror.time_zone', 'channel.path as channel_path'])
    .where('mirror.next_run_at', '<=', now)
    .orderBy('mirror.next_run_at')
    .orderBy('mirror.id')
    .limit(limit)
    .forUpdate('mirror')
    .skipLocked()
    .execute();
}

/** Say when a mirror runs next; null for never. */
export async function setNextRun(db: Db, id: string, at: Date | null): Promise<void> {
  await db.updateTable('mirror').set({ next_run_at: at }).where('id', '=', id).execute();
}

/** The newest run of each of these mirrors, by mirror: the open one, else the one that ended last. */
export async function newestRuns(db: Db, mirrorIds: readonly string[]): Promise<Map<string, RunRow>> {
  if (mirrorIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('run')
    .distinctOn('mirror_id')
    .selectAll()
    .where('mirror_id', 'in', mirrorIds)
    .orderBy('mirror_id')
    .orderBy('finished_at', (order) => order.desc().nullsFirst())
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return new Map(rows.map((row) => [row.mirror_id, row]));
}
