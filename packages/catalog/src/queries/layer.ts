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
  mirror: { id: string; name: string; mode: MirrorMode; filters: MirrorFilters; keep_legacy: boolean } | null;
}

/** The layers of a channel, the uploads first, then its mirrors in their order. Mirrors that never completed show nothing. */
export async function channelLayers(db: Db, channelId: number): Promise<LayerRow[]> {
  const uploads = await db
    .selectFrom('source')
    .select(['id', 'revision'])
    .where('channel_id', '=', channelId)
    .executeTakeFirst();
  const mirrors = await db
    .selectFrom('mirror')
    .innerJoin('source', 'source.id', 'mirror.source_id')
    .select([
      'mirror.id',
      'mirror.name',
      'mirror.mode',
      'mirror.filters',
      'mirror.keep_legacy',
      'mirror.at_rev',
      'source.id as source_id',
      'source.url',
    ])
    .where('mirror.channel_id', '=', channelId)
    .where('mirror.at_rev', '>', 0)
    .orderBy('mirror.position')
    .orderBy('mirror.created_at')
    .execute();
  return [
    ...(uploads
      ? [{ layer: 'uploads', source_id: uploads.id, source_url: null, revision: uploads.revision, mirror: null }]
      : []),
    ...mirrors.map(({ source_id, at_rev, url, ...mirror }) => ({
      layer: mirror.id,
      source_id,
      source_url: url,
      revision: at_rev,
      mirror,
    })),
  ];
}

/** Files of a subdir that the mirror's last finished download could not bring in: they are not shown. */
export async function failedFiles(db: Db, mirrorId: string, subdir: string): Promise<string[]> {
  const { rows } = await sql<{ file: string }>`
    select item.file from run_item item
    where item.state = 'failed' and item.subdir = ${subdir} and item.run_id = (
      select id from run where mirror_id = ${mirrorId} and (state = 'completed' or stage = 'publish')
      order by created_at desc limit 1
    )`.execute(db);
  return rows.map((row) => row.file);
}
