import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { RevisionCause, Tables } from '../tables.ts';

export type SourceRevisionRow = Selectable<Tables['source_revision']>;

/** Who or what brings a source to a new revision: a run, or what somebody does. */
export interface RevisionBy {
  cause: RevisionCause;
  run_id?: string | null;
  /** An account's name; null for the server itself. */
  actor?: string | null;
}

/** How much changed, and the digest of it. */
export interface ChangeCounts {
  added: number;
  changed: number;
  removed: number;
  sha256: Uint8Array;
}

/** Write down how a source came to a revision, in the transaction that brings it there. */
export async function insertRevision(
  db: Db,
  at: { source_id: number; revision: number; at: Date },
  { cause, run_id = null, actor = null }: RevisionBy,
  { added, changed, removed, sha256 }: ChangeCounts,
): Promise<void> {
  await db
    .insertInto('source_revision')
    .values({ ...at, cause, run_id, actor, added, changed, removed, sha256 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** How much changed after a revision and up to another, over all of them, and the digests of each, in their order. */
export async function changesBetween(
  db: Db,
  { source_id, after, upTo }: { source_id: number; after: number; upTo: number },
): Promise<{ added: number; changed: number; removed: number; digests: Uint8Array[] }> {
  const { rows } = await sql<{ added: number; changed: number; removed: number; digests: Uint8Array[] }>`
    select coalesce(sum(added), 0)::int as added, coalesce(sum(changed), 0)::int as changed,
      coalesce(sum(removed), 0)::int as removed, coalesce(array_agg(sha256 order by revision), '{}') as digests
    from source_revision
    where source_id = ${source_id} and revision > ${after} and revision <= ${upTo}`.execute(db);
  return rows[0]!;
}
