import type { MirrorFilters } from '@sluice/policy';
import { sql } from 'kysely';
import type { Db } from '../session.ts';

/**
 * A mirror that brings names in when they are asked for: passive, of a source of that type, without a list of its own of what
 * to bring. Also one that has not shown anything yet.
 */
export interface LazyMirror {
  id: string;
  name: string;
  channel_id: number;
  filters: MirrorFilters;
  keep_legacy: boolean;
  internal: boolean;
  at_rev: number;
  source_id: number;
  source_type: string;
  source_url: string;
  source_proxy: string | null;
  source_credential: Uint8Array | null;
  source_ca: string | null;
}

/** The lazy mirrors of a channel, in the order of its layers. */
export async function lazyMirrors(db: Db, channelId: number, sourceType: string): Promise<LazyMirror[]> {
  const { rows } = await sql<LazyMirror>`
    select mirror.id, mirror.name, mirror.channel_id, mirror.filters, mirror.keep_legacy, mirror.internal, mirror.at_rev,
      source.id as source_id, source.type as source_type, source.url as source_url, source.proxy as source_proxy,
      source.credential as source_credential, source.ca as source_ca
    from mirror join source on source.id = mirror.source_id
    where mirror.channel_id = ${channelId} and source.type = ${sourceType} and mirror.mode = 'passive'
      and coalesce(jsonb_array_length(mirror.filters -> 'projects'), 0) = 0
    order by mirror.position, mirror.created_at, mirror.id`.execute(db);
  return rows;
}

/** Let a mirror show its source at a revision, if it is still of that source and shows none above. @returns the revision it shows. */
export async function advanceMirror(
  db: Db,
  id: string,
  { source_id, revision }: { source_id: number; revision: number },
): Promise<number | undefined> {
  const { rows } = await sql<{ at_rev: number }>`
    update mirror set at_rev = greatest(at_rev, ${revision}::int)
    where id = ${id} and source_id = ${source_id}
    returning at_rev`.execute(db);
  return rows[0]?.at_rev;
}
