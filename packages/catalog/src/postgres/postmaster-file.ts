import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CatalogError } from '../errors.ts';

/** What `postmaster.pid` in a data folder says of its server. */
export interface Postmaster {
  readonly pid: number;
  readonly socketDirectory: string;
  readonly isReady: boolean;
}

/** Read `<data>/postmaster.pid`; undefined when there is none or it is only half written. */
export function readPostmaster(data: string): Postmaster | undefined {
  const file = path.join(data, 'postmaster.pid');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!(pid > 0)) return undefined;
  return { pid, socketDirectory: lines[4] ?? '', isReady: lines[7]?.trim() === 'ready' };
}

/**
 * Whether a process is the server of this data folder, told by its command line, which everyone may read; a process id
 * alone says nothing after a restart of the machine.
 */
export function isServerOf(pid: number, data: string): boolean {
  const file = `/proc/${pid}/cmdline`;
  if (!existsSync(file)) return false;
  try {
    const argv = readFileSync(file, 'utf8').split('\0');
    return path.basename(argv[0] ?? '') === 'postgres' && argv.includes(data);
  } catch {
    return false;
  }
}

/**
 * Make a data folder free to start on. The caller holds its lock, so a server that still runs here is an orphan: its
 * parent was killed and it is stopping, or lost its supervisor too. It is stopped cleanly, waited for, at last killed.
 *
 * A file whose process id now belongs to another program would keep PostgreSQL from starting. The id in it is replaced
 * by one that cannot exist; the rest stays, since it lets PostgreSQL notice processes of a killed server that still run.
 *
 * @returns whether a server or a trace of one was there; then the first try to start may come too early.
 * @throws {CatalogError} `pg_in_use` when a server answers that is no process we can see (another container).
 */
export async function clearOrphan(data: string): Promise<boolean> {
  const orphan = readPostmaster(data);
  if (!orphan) return false;
  const { pid, socketDirectory } = orphan;
  for (const [signal, patience] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isServerOf(pid, data)) break;
    trySignal(pid, signal);
    for (let waited = 0; waited < patience && isServerOf(pid, data); waited += 50) await sleep(50);
  }
  const socket = path.join(socketDirectory, '.s.PGSQL.5432');
  if (await answers(socket)) throw inUse(data);
  killBackends(data);
  rmSync(`${socket}.lock`, { force: true });
  const left = readPostmaster(data);
  if (left && !isServerOf(left.pid, data)) {
    const file = path.join(data, 'postmaster.pid');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, '2147483647'));
  }
  return true;
}

/** Say that the data folder is taken. */
export function inUse(data: string): CatalogError {
  return new CatalogError(
    'pg_in_use',
    `Another Sluice runs on the database in ${data}. Stop it, use another data folder (SLUICE_DATA_DIR), or share one PostgreSQL by DATABASE_URL.`,
    { found: data },
  );
}

/**
 * End the backends of a postmaster that was killed: they notice when they next wait for something, which a long
 * computation does not. The server works in its data folder, so they are told by that.
 */
function killBackends(data: string): void {
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name) && workingFolder(name) === data) trySignal(Number(name), 'SIGKILL');
  }
}

/** Where a process works; undefined for one that ended or is not ours to look at. */
function workingFolder(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended by itself meanwhile.
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    connection.on('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });
}
