import { sql } from 'kysely';
import type { Db } from '../session.ts';

/** One file a run has to bring in, with what its record promises. Digests are raw bytes, size in bytes. */
export interface RunItemRow {
  subdir: string;
  file: string;
  from_rev: number;
  sha256: Uint8Array | null;
  md5: Uint8Array | null;
  size: number | null;
}

/** Add files to bring in. A file that is there already stays as it is. */
export async function insertRunItems(db: Db, runId: string, items: readonly RunItemRow[]): Promise<void> {
  for (let at = 0; at < items.length; at += 5000) {
    const some = items.slice(at, at + 5000);
    await sql`
      insert into run_item (run_id, subdir, file, from_rev, sha256, md5, size, state)
      select ${runId}::uuid, item.*, 'todo'
      from unnest(
        ${some.map((item) => item.subdir)}::text[], ${some.map((item) => item.file)}::text[],
        ${some.map((item) => item.from_rev)}::int[], ${some.map((item) => buffer(item.sha256))}::bytea[],
        ${some.map((item) => buffer(item.md5))}::bytea[], ${some.map((item) => item.size)}::bigint[]
      ) as item
      on conflict do nothing`.execute(db);
  }
}

/** Forget what a run had planned. */
export async function deleteRunItems(db: Db, runId: string): Promise<void> {
  await db.deleteFrom('run_item').where('run_id', '=', runId).execute();
}

/** The next files still to bring in, in key order after `after`, and whether their bytes are local by now. */
export async function nextRunItems(
  db: Db,
  run: { id: string; source_id: number },
  after: { subdir: string; file: string } | undefined,
  limit: number,
): Promise<(RunItemRow & { local: boolean })[]> {
  const { subdir, file } = after ?? { subdir: '', file: '' };
  const { rows } = await sql<RunItemRow & { local: boolean }>`
    select item.subdir, item.file, item.from_rev, item.sha256, item.md5, item.size, blob.sha256 is not null as local
    from run_item item
    left join record_digest digest
      on item.sha256 is null and digest.source_id = ${run.source_id} and digest.subdir = item.subdir
      and digest.file = item.file and digest.from_rev = item.from_rev
    left join blob on blob.sha256 = coalesce(item.sha256, digest.sha256)
    where item.run_id = ${run.id} and item.state = 'todo' and (item.subdir, item.file) > (${subdir}, ${file})
    order by item.subdir, item.file
    limit ${limit}`.execute(db);
  return rows;
}

/** Note what became of files. */
export async function settleRunItems(
  db: Db,
  runId: string,
  results: readonly { subdir: string; file: string; error: string | null }[],
): Promise<void> {
  if (results.length === 0) return;
  await sql`
    update run_item set state = case when result.error is null then 'done' else 'failed' end, error_text = result.error
    from unnest(
      ${results.map((result) => result.subdir)}::text[], ${results.map((result) => result.file)}::text[],
      ${results.map((result) => result.error)}::text[]
    ) as result(subdir, file, error)
    where run_item.run_id = ${runId} and run_item.subdir = result.subdir and run_item.file = result.file`.execute(db);
}

/** How many files of a run are in each state, and how many bytes they have as far as their records say. */
export interface RunItemTally {
  todo: number;
  done: number;
  failed: number;
  bytes_todo: number;
  bytes_settled: number;
}

/** Count the files of a run. */
export async function countRunItems(db: Db, runId: string): Promise<RunItemTally> {
  const rows = await db
    .selectFrom('run_item')
    .select(['state', (eb) => eb.fn.countAll<number>().as('n'), (eb) => eb.fn.sum<number | null>('size').as('bytes')])
    .where('run_id', '=', runId)
    .groupBy('state')
    .execute();
  const row = (state: string) => rows.find((one) => one.state === state);
  const count = (state: string) => Number(row(state)?.n ?? 0);
  const bytes = (state: string) => Number(row(state)?.bytes ?? 0);
  return {
    todo: count('todo'),
    done: count('done'),
    failed: count('failed'),
    bytes_todo: bytes('todo'),
    bytes_settled: bytes('done') + bytes('failed'),
  };
}

function buffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
