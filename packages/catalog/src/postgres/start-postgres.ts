import { mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CatalogError } from '../errors.ts';
import { lockData } from './data-lock.ts';
import { initialiseData } from './initialise-data.ts';
import { launchersFor, type RootLauncherName } from './launcher.ts';
import { findNativeBinaries, type NativeBinaries } from './native-binaries.ts';
import { choosePlace, homeOf, type Place } from './place.ts';
import { clearOrphan, isServerOf, readPostmaster } from './postmaster-file.ts';
import { quoteFolder, serverSettings, settingArguments } from './server-settings.ts';
import { makeSocketDirectory } from './socket-directory.ts';
import { type Supervised, supervise } from './supervise.ts';

/** Where to connect to; `pg` and every libpq client take it in either form. */
export interface PostgresAddress {
  readonly config: { readonly host: string; readonly port: number; readonly user: string; readonly database: string };
  readonly connectionString: string;
}

/** How a server ended. */
export interface PostgresEnding {
  /** True after `stop()`; false when it died: start it again. */
  readonly wanted: boolean;
  /** Exit status; 128 + n when signal n ended it, null when its supervisor was killed. */
  readonly status: number | null;
  /** The last lines it wrote. */
  readonly output: string;
}

/** A running embedded server. */
export interface EmbeddedPostgres extends PostgresAddress {
  /** Process id of the postmaster. */
  readonly pid: number;
  /** How root runs it, for the log: `self`, `user-namespace` or `other-user`. */
  readonly runsAs: string;
  /** Resolves when the server ended, wanted or not; never rejects. */
  readonly ended: Promise<PostgresEnding>;
  /** Fast shutdown: open transactions are rolled back. After `patience_ms` (20,000) it is made to stop at once. */
  stop(patience_ms?: number): Promise<PostgresEnding>;
}

/** What `startPostgres` needs and may be told. */
export interface StartPostgresOptions {
  /** Sluice's data folder; the database lies in `pg/<major>` below it. */
  readonly dataDir: string;
  /** Gets what the server writes: a line at a time. */
  readonly log: (line: string) => void;
  /** Added to and stronger than our settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Other binaries than npm's. */
  readonly native?: NativeBinaries;
  /** What root may try, in this order. */
  readonly asRoot?: readonly RootLauncherName[];
  /** Where a database goes whose unprivileged user cannot enter `dataDir`. */
  readonly elsewhere?: string;
}

const superuser = 'sluice';
const database = 'sluice';

/**
 * Start the embedded PostgreSQL on a data folder, made at the first start (about 1 s), on a Unix socket only.
 *
 * The server stops within 5 s of this process's death, also by SIGKILL and also while it starts. An orphan or a stale
 * pid file of an earlier life is cleared away first.
 *
 * @throws {CatalogError} `pg_no_binaries`, `pg_other_major`, `pg_in_use`, `pg_cannot_run_as_root`, `pg_socket_directory`,
 * `pg_initdb_failed`, `pg_start_failed`.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<EmbeddedPostgres> {
  mkdirSync(options.dataDir, { recursive: true });
  const dataDir = realpathSync(options.dataDir);
  const native = options.native ?? findNativeBinaries();
  const unlock = await lockData(dataDir);
  try {
    const hadOrphan = await clearOrphan(path.join(homeOf(dataDir), `${native.major}`));
    const launchers = launchersFor(process.getuid?.(), options.asRoot ?? ['user-namespace', 'other-user']);
    const place = choosePlace(dataDir, native, launchers, options.elsewhere ?? '/var/lib');
    await initialiseData(place, superuser);
    const directory = makeSocketDirectory(place.home, place.launcher.owner);
    const server = await runUntilReady(place, directory, options, hadOrphan ? 10_000 : 0);
    return await manage(server, place, directory, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * Start the server and wait until it takes connections, however long its recovery lasts.
 *
 * @param retry_ms how long a failed start is tried again: what a killed server leaves behind lasts a moment.
 */
async function runUntilReady(
  place: Place,
  directory: string,
  options: StartPostgresOptions,
  retry_ms: number,
): Promise<Supervised> {
  const settings = { ...serverSettings, ...options.settings, unix_socket_directories: quoteFolder(directory) };
  // Trust: whoever can enter the socket's folder (0700) is us or root. There is no other way in.
  const argv = [path.join(place.native.folder, 'bin', 'postgres'), '-D', place.data, ...settingArguments(settings)];
  const deadline = performance.now() + retry_ms;
  for (;;) {
    const server = supervise(place.launcher, argv, options.log);
    const ending = await Promise.race([server.ended, untilReady(place.data, server)]);
    if (!ending) return server;
    if (performance.now() > deadline) {
      throw new CatalogError(
        'pg_start_failed',
        `PostgreSQL did not start on ${place.data} (exit status ${ending.status}). It said:\n${ending.output}`,
        { found: `exit status ${ending.status}` },
      );
    }
    await sleep(200);
  }
}

async function untilReady(data: string, server: Supervised): Promise<undefined> {
  let ended = false;
  void server.ended.then(() => {
    ended = true;
  });
  while (!ended) {
    const postmaster = readPostmaster(data);
    if (postmaster?.isReady && isServerOf(postmaster.pid, data)) return;
    await sleep(20);
  }
}

async function manage(
  server: Supervised,
  place: Place,
  directory: string,
  unlock: () => void,
): Promise<EmbeddedPostgres> {
  let wanted = false;
  const ended = server.ended.then(async ({ status, output }) => {
    // When only the supervisor was killed, the server is still there.
    await clearOrphan(place.data).catch(() => {});
    unlock();
    return { wanted, status, output };
  });
  const stop = async (patience_ms = 20_000) => {
    wanted = true;
    server.hold();
    for (const [signal, patience] of [
      ['INT', patience_ms],
      ['QUIT', 5_000],
      ['KILL', 5_000],
    ] as const) {
      server.signal(signal);
      if (await isSettledWithin(ended, patience)) break;
    }
    return ended;
  };
  const address = addressOf(directory);
  try {
    await ensureDatabase(address.config);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...address, pid: readPostmaster(place.data)!.pid, runsAs: place.launcher.name, ended, stop };
}

async function isSettledWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = sleep(milliseconds, false, { signal: timer.signal }).catch(() => false);
  const settled = await Promise.race([promise.then(() => true), timeout]);
  timer.abort();
  return settled;
}

function addressOf(directory: string): PostgresAddress {
  const config = { host: directory, port: 5432, user: superuser, database };
  const host = encodeURIComponent(directory);
  return { config, connectionString: `postgresql://${superuser}@localhost/${database}?host=${host}` };
}

async function ensureDatabase(config: PostgresAddress['config']): Promise<void> {
  const client = new pg.Client({ ...config, database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select from pg_database where datname = $1', [config.database]);
    if (found.rowCount === 0) await client.query(`create database ${config.database}`);
  } finally {
    await client.end();
  }
}
