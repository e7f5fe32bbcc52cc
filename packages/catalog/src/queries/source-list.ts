import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { BlobRow } from './blob.ts';
import type { Part } from './record.ts';

/** The names an upstream lists: where they lie, packed, and the validators of the list. */
export interface SourceListRow extends BlobRow {
  source_id: number;
  unpacked_bytes: number;
  names: number;
  etag: string | null;
  last_modified: string | null;
  checked_at: Date;
}

/** The list of a part; undefined when there is none yet. */
export async function findSourceList(db: Db, part: Part): Promise<SourceListRow | undefined> {
  return (await sourceLists(db, part.subdir, [part.source_id]))[0];
}

/** The lists of the same part of some sources. Sources without one are left out. */
export async function sourceLists(db: Db, subdir: string, sourceIds: readonly number[]): Promise<SourceListRow[]> {
  if (sourceIds.length === 0) return [];
  return db
    .selectFrom('source_list')
    .innerJoin('blob', 'blob.sha256', 'source_list.blob')
    .select([
      'source_id',
      'unpacked_bytes',
      'names',
      'etag',
      'last_modified',
      'checked_at',
      'blob.sha256',
      'blob.size',
      'blob.pack',
      'blob.pack_offset',
    ])
    .where('source_id', 'in', sourceIds)
    .where('subdir', '=', subdir)
    .orderBy('source_id')
    .execute();
}

/** Say that `blob` holds the names of a part. Its blob is known already. */
export async function saveSourceList(
  db: Db,
  part: Part,
  list: { blob: Uint8Array } & Omit<SourceListRow, keyof BlobRow | 'source_id'>,
): Promise<void> {
  await db
    .insertInto('source_list')
    .values({ ...part, ...list })
    .onConflict((conflict) => conflict.columns(['source_id', 'subdir']).doUpdateSet(list))
    .execute();
}

/** Note that the upstream was asked and its list is still the same. */
export async function touchSourceList(db: Db, part: Part, now: Date): Promise<void> {
  await sql`
    update source_list set checked_at = ${now} where source_id = ${part.source_id} and subdir = ${part.subdir}`.execute(
    db,
  );
}
