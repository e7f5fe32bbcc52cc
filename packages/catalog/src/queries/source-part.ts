import type { Db } from '../session.ts';
import type { Part } from './record.ts';

/**
 * Where the state of a part came from: the document (or index of shards), its validators and the digest of its bytes; all
 * null for a bare folder. The `run_exports_*` are those of the run_exports.json beside it; left out, they stay as they are.
 */
export interface PartOrigin {
  document_url: string | null;
  document_sha256: Uint8Array | null;
  etag: string | null;
  last_modified: string | null;
  base_url: string | null;
  run_exports_url?: string | null;
  run_exports_sha256?: Uint8Array | null;
  run_exports_etag?: string | null;
  run_exports_last_modified?: string | null;
}

/** Of what has no document: own uploads, bare folders. */
export const noOrigin: PartOrigin = {
  document_url: null,
  document_sha256: null,
  etag: null,
  last_modified: null,
  base_url: null,
  run_exports_url: null,
  run_exports_sha256: null,
  run_exports_etag: null,
  run_exports_last_modified: null,
};

/** The revision a source is at; 0 before its first admission. The caller holds the source's lock. */
export async function sourceRevision(db: Db, sourceId: number): Promise<number> {
  const row = await db.selectFrom('source').select('revision').where('id', '=', sourceId).executeTakeFirstOrThrow();
  return row.revision;
}

/**
 * Save what is known of a part. With `revision` the part changed: the source moves there too. Without, only the
 * validators and the time of the check move.
 */
export async function savePart(
  db: Db,
  part: Part,
  state: PartOrigin & { records: number },
  revision: number | undefined,
  now: Date,
): Promise<void> {
  if (revision !== undefined) {
    await db.updateTable('source').set({ revision }).where('id', '=', part.source_id).execute();
  }
  const moved = revision === undefined ? {} : { revision, changed_at: now };
  await db
    .insertInto('source_part')
    .values({ ...part, ...state, revision: revision ?? 0, checked_at: now, changed_at: now })
    .onConflict((conflict) =>
      conflict.columns(['source_id', 'subdir']).doUpdateSet({ ...state, checked_at: now, ...moved }),
    )
    .execute();
}

/** The subdirs of a source that have been admitted, in byte order. */
export async function partSubdirs(db: Db, sourceId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('source_part')
    .select('subdir')
    .where('source_id', '=', sourceId)
    .orderBy('subdir')
    .execute();
  return rows.map((row) => row.subdir);
}
