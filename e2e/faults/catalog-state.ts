import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { connect } from '@sluice/catalog';
import { embeddedPostgres } from './sluice-process.ts';
import { until } from './until.ts';

/** Reads a database behind the server's back. */
export type Query = <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** Where a run is. */
export interface RunState {
  readonly state: string;
  readonly stage: string;
  readonly fence: number;
  readonly worker: string | null;
  readonly counts: { readonly failed?: number; readonly active?: number };
}

/** Open the database of a data folder, once its PostgreSQL answers. */
export async function openEmbedded(dataDir: string): Promise<{ query: Query; close: () => Promise<void> }> {
  return until('PostgreSQL answers', 20_000, async () => {
    const server = embeddedPostgres(dataDir);
    if (!server) return undefined;
    const opened = openDatabase({ host: server.socketFolder, port: 5432, user: 'sluice', database: 'sluice' });
    try {
      await opened.query('select 1');
      return opened;
    } catch {
      await opened.close();
      return undefined;
    }
  });
}

/** Open a database by its address. */
export function openDatabase(address: Parameters<typeof connect>[0]): { query: Query; close: () => Promise<void> } {
  const { pool, close } = connect(address, { max: 2, applicationName: 'faults' });
  return { query: async (sql, values) => (await pool.query(sql, values)).rows, close };
}

/** Where a run is now. */
export async function runState(query: Query, runId: string): Promise<RunState> {
  const [run] = await query<RunState>('select state, stage, fence, worker, counts from run where id = $1', [runId]);
  return run!;
}

/** The digests of all blobs that are local: in hex. */
export async function localDigests(query: Query): Promise<Set<string>> {
  const rows = await query<{ digest: string }>(`select encode(sha256, 'hex') as digest from blob`);
  return new Set(rows.map(({ digest }) => digest));
}

/** Jobs that are not done, those among them that are tried again or begun in the next moment. */
export async function unfinishedJobs(query: Query): Promise<object[]> {
  return query(
    `select identifier, attempts, last_error, locked_by, locked_at from graphile_worker._private_jobs jobs
      join graphile_worker._private_tasks tasks on tasks.id = task_id
      where run_at <= now() + interval '2 s' or attempts > 0`,
  );
}

const tables = [
  ...['blob', 'channel', 'entry', 'event', 'facts', 'folder_file', 'inspection', 'mirror', 'publication', 'record'],
  ...['record_digest', 'run', 'run_item', 'source', 'source_part', 'graphile_worker._private_jobs'],
];

/** What stands in every table that work writes to: rows and a digest of them. */
export async function snapshot(query: Query): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const table of tables) {
    const [row] = await query<{ seen: string }>(
      `select count(*) || ' rows, ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as seen from ${table} t`,
    );
    seen[table] = row!.seen;
  }
  return seen;
}

/** The files of a data folder's blob store, by their path below it, with their sizes. */
export function storedFiles(dataDir: string, part: 'blobs' | 'packs' | 'tmp'): Map<string, number> {
  const folder = path.join(dataDir, 'blobs', part);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = new Map<string, number>();
  for (const name of names) {
    const stats = statSync(path.join(folder, name), { throwIfNoEntry: false });
    if (stats?.isFile()) files.set(name, stats.size);
  }
  return files;
}

/** Blobs whose bytes are not what their name says. */
export function corruptBlobs(dataDir: string): string[] {
  return [...storedFiles(dataDir, 'blobs').keys()].filter((name) => {
    const bytes = readFileSync(path.join(dataDir, 'blobs/blobs', name));
    return createHash('sha256').update(bytes).digest('hex') !== path.basename(name);
  });
}
