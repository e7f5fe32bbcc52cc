import { sql } from 'kysely';
import type { Db } from '../session.ts';
import type { Part, RecordVersion } from './record.ts';

/** Records read at once: some 3 MiB. */
const pageSize = 5000;

/**
 * All records of a part that are live at `revision`, in byte order of their file names, page by page. It asks anew for each
 * page, so it also works inside a transaction, and memory holds one page.
 */
export async function* liveRecordPages(db: Db, part: Part, revision: number): AsyncGenerator<RecordVersion[]> {
  let last = '';
  for (;;) {
    const { rows } = await sql<RecordVersion>`
      select file, from_rev, to_rev, body, v3, extra, signatures from record
      where source_id = ${part.source_id} and subdir = ${part.subdir} and file > ${last}
        and from_rev <= ${revision} and (to_rev is null or to_rev > ${revision})
      order by file limit ${pageSize}`.execute(db);
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    last = rows.at(-1)!.file;
  }
}
