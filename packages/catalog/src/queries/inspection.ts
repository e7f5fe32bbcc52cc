import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** What an archive says of itself beside its record. */
export interface InspectionRow {
  sha256: Uint8Array;
  about: Record<string, unknown> | null;
  run_exports: Record<string, unknown> | null;
  paths: Record<string, unknown> | null;
}

/** Remember inspections; the blobs must be known. A blob's archive never changes, so the first stays. */
export async function insertInspections(db: Db, inspections: readonly InspectionRow[], now: Date): Promise<void> {
  if (inspections.length === 0) return;
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  // As arrays: a parameter for every value would cost a hundred bytes each.
  await sql`
    insert into inspection (sha256, about, run_exports, paths, inspected_at)
    select sha256, about, run_exports, paths, ${now} from unnest(
      ${inspections.map((row) => Buffer.from(row.sha256))}::bytea[], ${inspections.map((row) => json(row.about))}::jsonb[],
      ${inspections.map((row) => json(row.run_exports))}::jsonb[], ${inspections.map((row) => json(row.paths))}::jsonb[]
    ) as row(sha256, about, run_exports, paths)
    on conflict (sha256) do nothing`.execute(db);
}

/** The inspections of these blobs, in portions; blobs never inspected are missing from the answer. */
export async function findInspections(db: Db, digests: readonly Uint8Array[]): Promise<InspectionRow[]> {
  const found: InspectionRow[] = [];
  for (let at = 0; at < digests.length; at += 5000) {
    const asked = digests.slice(at, at + 5000).map((digest) => Buffer.from(digest));
    const { rows } = await sql<InspectionRow>`
      select sha256, about, run_exports, paths from inspection where sha256 = any(${asked}::bytea[])`.execute(db);
    found.push(...rows);
  }
  return found;
}
