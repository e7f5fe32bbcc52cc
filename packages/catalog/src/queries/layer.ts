import type { MirrorFilters } from '@sluice/policy';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { MirrorMode } from '../tables.ts';

/** A layer of a channel at the revision it shows: the own uploads, or a mirror that has completed a run. */
export interface LayerRow {
  /** `uploads`, or the mirror's id. */
  layer: string;
  source_id: number;
  source_url: string | null;
  revision: number;
  mirror: {
    id: string;
    name: string;
    mode: MirrorMode;
    filters: MirrorFilters;
    keep_legacy: boolean;
    internal: boolean;
    /** The last run that got as far as publishing, if it could not bring in everything: the rest is not shown. */
    failed_run_id: string | null;
    /** Whether this layer is what the mirror keeps showing although its source has it no more. */
    kept: boolean;
  } | null;
}

/**
 * The layers of a channel, the uploads first, then its mirrors in their order, each with what it keeps of its upstream right below.
 * Mirrors that never completed show nothing.
 */
export async function channelLayers(db: Db, channelId: number): Promise<LayerRow[]> {
  const uploads = await db
    .selectFrom('source')
    .select(['id', 'revision'])
    .where('channel_id', '=', channelId)
    .executeTakeFirst();
  const mirrors = await db
    .selectFrom('mirror')
    .innerJoin('source', 'source.id', 'mirror.source_id')
    .leftJoin('source as kept', 'kept.id', 'mirror.kept_source_id')
    .select([
      'mirror.id',
      'mirror.name',
      'mirror.mode',
      'mirror.filters',
      'mirror.keep_legacy',
      'mirror.internal',
      'mirror.at_rev',
      'mirror.kept_source_id',
      'kept.revision as kept_revision',
      'source.id as source_id',
      'source.url',
      sql<string | null>`(
        select last.id from (
          select id from run where run.mirror_id = mirror.id and (state = 'completed' or stage = 'publish')
          order by created_at desc, id limit 1
        ) last
        where exists (select from run_item where run_item.run_id = last.id and run_item.state = 'failed')
      )`.as('failed_run_id'),
    ])
    .where('mirror.channel_id', '=', channelId)
    .where('mirror.at_rev', '>', 0)
    .orderBy('mirror.position')
    .orderBy('mirror.created_at')
    .orderBy('mirror.id')
    .execute();
  return [
    ...(uploads
      ? [{ layer: 'uploads', source_id: uploads.id, source_url: null, revision: uploads.revision, mirror: null }]
      : []),
    ...mirrors.flatMap(({ source_id, at_rev, url, kept_source_id, kept_revision, ...mirror }) => {
      const layer = { layer: mirror.id, source_url: url };
      const own = { ...layer, source_id, revision: at_rev, mirror: { ...mirror, kept: false } };
      if (kept_source_id === null || !kept_revision) return [own];
      return [own, { ...layer, source_id: kept_source_id, revision: kept_revision, mirror: { ...mirror, kept: true } }];
    }),
  ];
}

/** Files of a subdir that a run could not bring in. */
export async function failedFiles(db: Db, runId: string, subdir: string): Promise<string[]> {
  const rows = await db
    .selectFrom('run_item')
    .select('file')
    .where('run_id', '=', runId)
    .where('subdir', '=', subdir)
    .where('state', '=', 'failed')
    .execute();
  return rows.map((row) => row.file);
}
