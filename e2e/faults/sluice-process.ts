import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

/** One line of the server's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A Sluice as `npm start` runs it, in a process of its own. */
export interface SluiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds of `performance.now()` at which it was ready. */
  readonly readyAt: number;
  log(): LogLine[];
  signal(signal: NodeJS.Signals): void;
  /** `kill -9`, and wait until it is gone. Its PostgreSQL lives on for a moment, as after any crash. */
  kill(): Promise<void>;
  isAlive(): boolean;
}

/** Where it keeps its data, and what is special about it. */
export interface SluiceOptions {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What stands in front of its command, such as what enters a network namespace. It must become the command. */
  readonly by?: readonly string[];
}

/** The password of the account `admin`. */
export const adminPassword = 'correct horse battery staple';

const main = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url));
const living = new Set<ChildProcess>();
// The last resort: a test that ran into its time limit has not come to its cleaning up.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Start a Sluice on a free port and wait until it is ready: 60 s at most. */
export async function startSluice({ dataDir, env = {}, by = [] }: SluiceOptions): Promise<SluiceProcess> {
  const [command, ...rest] = [...by, process.execPath, main];
  const child = spawn(command!, rest, {
    env: {
      PATH: process.env.PATH,
      SLUICE_PORT: '0',
      SLUICE_DATA_DIR: dataDir,
      SLUICE_ADMIN_PASSWORD: adminPassword,
      SLUICE_SOURCES: '127.0.0.0/8',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      living.delete(child);
      resolve();
    });
  });
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    const url = await until('Sluice is ready', 60_000, () => {
      if (!isAlive()) throw new Error(`Sluice ended: ${err}`);
      return /ready at (\S+)/.exec(out)?.[1];
    });
    return {
      url,
      pid: child.pid!,
      readyAt: performance.now(),
      // The last line may still be on its way.
      log: () => err.split('\n').slice(0, -1).map(parseLine),
      signal: (signal) => void child.kill(signal),
      kill,
      isAlive,
    };
  } catch (error) {
    await kill();
    throw new Error(`${(error as Error).message}; it said: ${out}${err.slice(-2000)}`, { cause: error });
  }
}

function parseLine(line: string): LogLine {
  return line.startsWith('{') ? (JSON.parse(line) as LogLine) : { level: 'error', msg: line };
}

/** What `postmaster.pid` says of the PostgreSQL child of a data folder; undefined when there is no such file. */
export function embeddedPostgres(dataDir: string): { pid: number; socketFolder: string } | undefined {
  try {
    const home = readdirSync(path.join(dataDir, 'pg')).includes('elsewhere')
      ? readFileSync(path.join(dataDir, 'pg/elsewhere'), 'utf8').trim()
      : path.join(dataDir, 'pg');
    const major = readdirSync(home).find((name) => /^\d+$/.test(name))!;
    const lines = readFileSync(path.join(home, major, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), socketFolder: lines[4] ?? '' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Wait until no PostgreSQL runs on a data folder: 15 s at most. */
export async function untilPostgresIsGone(dataDir: string): Promise<void> {
  await until('PostgreSQL follows its server', 15_000, () => {
    const server = embeddedPostgres(dataDir);
    return server === undefined || !isPostgres(server.pid);
  });
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}
