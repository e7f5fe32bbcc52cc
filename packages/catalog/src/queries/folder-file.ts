import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Part } from './record.ts';

/** A package lying in a bare folder as it was when last opened. `refusal` says why it is not a package, if it is none. */
export interface FolderFileRow {
  file: string;
  /** bytes */
  size: number;
  mtime_ms: number;
  sha256: Uint8Array | null;
  refusal: string | null;
}

/** What one part of a folder held when it was last read. */
export async function folderFiles(db: Db, part: Part): Promise<FolderFileRow[]> {
  return db
    .selectFrom('folder_file')
    .select(['file', 'size', 'mtime_ms', 'sha256', 'refusal'])
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .execute();
}

/** Save what was read: files opened anew, and names that are gone. */
export async function saveFolderFiles(
  db: Db,
  part: Part,
  read: readonly FolderFileRow[],
  gone: readonly string[],
): Promise<void> {
  for (let at = 0; at < gone.length; at += 5000) {
    await sql`
      delete from folder_file
      where source_id = ${part.source_id} and subdir = ${part.subdir}
        and file = any(${gone.slice(at, at + 5000)})`.execute(db);
  }
  for (let at = 0; at < read.length; at += 5000) {
    const rows = read.slice(at, at + 5000);
    // As arrays: a parameter for every value would cost a hundred bytes each.
    await sql`
      insert into folder_file (source_id, subdir, file, size, mtime_ms, sha256, refusal)
      select ${part.source_id}::int, ${part.subdir}, file, size, mtime_ms, sha256, refusal from unnest(
        ${rows.map((row) => row.file)}::text[], ${rows.map((row) => row.size)}::bigint[],
        ${rows.map((row) => row.mtime_ms)}::float8[],
        ${rows.map((row) => row.sha256 && Buffer.from(row.sha256))}::bytea[], ${rows.map((row) => row.refusal)}::text[]
      ) as row(file, size, mtime_ms, sha256, refusal)
      on conflict (source_id, subdir, file) do update set
        size = excluded.size, mtime_ms = excluded.mtime_ms, sha256 = excluded.sha256,
        refusal = excluded.refusal`.execute(db);
  }
}

/** Forget what a folder held: it has an index now. */
export async function forgetFolderFiles(db: Db, part: Part): Promise<void> {
  await db
    .deleteFrom('folder_file')
    .where('source_id', '=', part.source_id)
    .where('subdir', '=', part.subdir)
    .execute();
}
