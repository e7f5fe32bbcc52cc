import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, unfinishedJobs } from '@sluice/catalog';
import type { SluiceProcess } from './sluice-process.ts';

/** What the embedded database of a Sluice tells that the API does not; only read. */
export interface BenchDatabase {
  /** Rows of every table that a refresh or a publication writes to, and the numbers they move. */
  written(): Promise<Readonly<Record<string, number>>>;
  /** Shards that the publications after `no` brought. */
  shardsSince(channel: string, no: number): Promise<number>;
  head(channel: string): Promise<{ head_no: number; monolith_no: number }>;
  /** Wait until no job is left to do and the monolith is that of the head. @throws after 5 minutes. */
  settled(channel: string): Promise<void>;
  close(): Promise<void>;
}

const tables = ['record', 'facts', 'blob', 'source_shard', 'publication', 'entry', 'monolith'] as const;
const patience_ms = 300_000;

/** Connect to the PostgreSQL that a Sluice started, through its socket. */
export function openDatabase(sluice: Pick<SluiceProcess, 'folder'>): BenchDatabase {
  const { db, pool, close } = connect({ ...socketOf(sluice.folder), user: 'sluice', database: 'sluice' }, { max: 1 });
  const one = async (text: string, values: unknown[] = []) => (await pool.query(text, values)).rows[0];
  const head = async (channel: string) => one('select head_no, monolith_no from channel where path = $1', [channel]);
  return {
    written: async () => {
      const counts = tables.map((table) => `(select count(*) from ${table})::int as ${table}`);
      return one(`select ${counts}, (select coalesce(sum(revision), 0) from source)::int as revisions,
        (select coalesce(sum(head_no), 0) from channel)::int as heads`);
    },
    shardsSince: async (channel, no) =>
      (
        await one(
          `select count(*)::int as n from entry join channel on channel.id = entry.channel_id
           where channel.path = $1 and entry.kind = 'shard' and entry.from_no > $2`,
          [channel, no],
        )
      ).n,
    head,
    settled: async (channel) => {
      const deadline = performance.now() + patience_ms;
      for (;;) {
        const jobs = await unfinishedJobs(db);
        const { head_no, monolith_no } = await head(channel);
        if (jobs.length === 0 && head_no === monolith_no) return;
        if (performance.now() > deadline || jobs.some(({ state }) => state === 'parked')) {
          throw new Error(`Not settled: head ${head_no}, monolith ${monolith_no}, jobs ${JSON.stringify(jobs)}`);
        }
        await sleep(50);
      }
    },
    close,
  };
}

/** The fourth and fifth line of the server's own note (`postmaster.pid`). */
function socketOf(folder: string): { host: string; port: number } {
  const marker = path.join(folder, 'pg/elsewhere');
  const home = existsSync(marker) ? readFileSync(marker, 'utf8').trim() : path.join(folder, 'pg');
  const [note] = globSync(path.join(home, '*/postmaster.pid'));
  if (note === undefined) throw new Error(`No PostgreSQL runs in ${home}.`);
  const lines = readFileSync(note, 'utf8').split('\n');
  return { host: lines[4]!, port: Number(lines[3]) };
}
