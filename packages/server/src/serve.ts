import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { ensureFirstAdmin, FIRST_ADMIN } from '@sluice/identity';
import { compose, type Rooms } from './compose.ts';
import type { Config, Environment } from './config/read-config.ts';
import { openDatabase } from './database.ts';
import { ServerError } from './errors.ts';
import { openFront } from './http/front.ts';
import { createMetrics } from './http/metrics.ts';
import { openDoors } from './http/open-doors.ts';
import { type RunningJobs, startJobs } from './jobs/start-jobs.ts';
import type { Log } from './log.ts';
import { prepareDatabase } from './prepare-database.ts';
import { startWorkerThread } from './start-worker-thread.ts';

/** What a server is started with. */
export interface ServeOptions {
  config: Config;
  /** The environment the settings came from; the worker thread reads it again. */
  env: Environment;
  log: Log;
  /** Gets the lines that a person must read: where the server is, the first password. */
  tell: (line: string) => void;
  /** The clock; the machine's when left out. */
  now?: (() => Date) | undefined;
  /** `thread` keeps heavy work off the event loop; `here` is for tests that bring their own clock. */
  jobs: 'thread' | 'here';
  /** Called when everything is there, and the doors are about to open. */
  beforeOpening?: () => void;
}

/** A server that serves. */
export interface RunningServer {
  url: string;
  rooms: Rooms;
  /** Finish what runs, then stop everything; takes a minute at most. */
  close(): Promise<void>;
}

/** How long requests, and after them jobs, may take to end. */
const PATIENCE_MS = 25_000;
const DATABASE_PATIENCE_MS = 60_000;

/**
 * Start the server: listen, find the database, bring it up to date, make the first admin, start the jobs, open the doors.
 * When a step fails, what was started is stopped again.
 *
 * @throws {ServerError} `start_failed`; {@link CatalogError} when the embedded database cannot start.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { config, log, tell } = options;
  makeDataFolder(config.data.folder);
  const metrics = createMetrics();
  const front = await openFront({ listen: config.listen, log, metrics, newId: randomUUID });
  const stops: (() => Promise<void>)[] = [];
  const close = async () => {
    // Requests end before what they need: the jobs, the pools, the database.
    await front.close(PATIENCE_MS);
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const database = await openDatabase(config, log);
    stops.push(database.close);
    const { onRegenerated } = metrics;
    const composing = { config, database: database.address, log, name: 'sluice web', onRegenerated };
    const rooms = await compose({ ...composing, now: options.now });
    stops.push(rooms.close);
    await prepareDatabase(rooms, DATABASE_PATIENCE_MS);
    await makeFirstAdmin(rooms, tell);
    await rooms.follow();
    if (config.work.roles.includes('worker')) {
      const jobs = await beginJobs(options, rooms);
      stops.push(() => jobs.stop(PATIENCE_MS));
    }
    const doors = await openDoors(rooms, metrics);
    options.beforeOpening?.();
    front.open(doors);
    tell(`Sluice is ready at ${front.url}`);
    return { url: front.url, rooms, close };
  } catch (error) {
    await close().catch((cause) => log.error({ error: cause }, 'the start could not be undone'));
    throw error;
  }
}

function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const message = `Cannot write to the data folder ${folder}: ${(cause as Error).message}. Set SLUICE_DATA_DIR or its rights.`;
    throw new ServerError('start_failed', message, { cause });
  }
}

async function makeFirstAdmin(rooms: Rooms, tell: (line: string) => void): Promise<void> {
  const outcome = await ensureFirstAdmin(rooms, rooms.config.secrets.admin_password?.reveal());
  if (!outcome.created) return;
  if (outcome.generated === undefined) tell(`The account "${FIRST_ADMIN}" was created with SLUICE_ADMIN_PASSWORD.`);
  else tell(`The account "${FIRST_ADMIN}" was created. Its password, shown this once: ${outcome.generated}`);
}

async function beginJobs(options: ServeOptions, rooms: Rooms): Promise<RunningJobs> {
  if (options.jobs === 'here') return startJobs(rooms);
  const { database, onRegenerated } = rooms;
  return startWorkerThread({ env: options.env, database, log: options.log, onRegenerated });
}
