import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLoss, migrate } from '@sluice/catalog';
import { ensureFirstAdmin, FIRST_ADMIN } from '@sluice/identity';
import { runMigrations } from 'graphile-worker';
import { compose, type Rooms } from './compose.ts';
import type { Config, Environment } from './config/read-config.ts';
import { openDatabase } from './database.ts';
import { ServerError } from './errors.ts';
import { buildApp, listener } from './http/app.ts';
import { type Front, openFront } from './http/front.ts';
import { createMetrics } from './http/metrics.ts';
import { createPrincipalOf } from './http/principal-of.ts';
import { jobQueueLogger, type RunningJobs, startJobs } from './jobs/start-jobs.ts';
import type { Log } from './log.ts';
import { startWorkerThread } from './start-worker-thread.ts';

/** What a server is started with. */
export interface ServeOptions {
  config: Config;
  /** The environment the settings came from; the worker thread reads it again. */
  env: Environment;
  log: Log;
  /** Lines that a person must read: where the server is, the first password. */
  tell: (line: string) => void;
  /** The clock of the main thread; the machine's when left out. */
  now?: () => Date;
  /** `thread` keeps heavy work off the event loop; `here` is for tests that bring their own clock. */
  jobs: 'thread' | 'here';
}

/** A server that serves. */
export interface RunningServer {
  url: string;
  rooms: Rooms;
  /** Finish what runs, then stop everything; at most about a minute. */
  close(): Promise<void>;
}

/** How long requests, and after them jobs, may take to end. */
const PATIENCE_MS = 25_000;
const DATABASE_PATIENCE_MS = 60_000;

/**
 * Start the server: listen, find the database, bring it up to date, make the first admin, open the doors, start the jobs.
 * What was started is stopped again when a step fails.
 *
 * @throws {ServerError} `start_failed`; {@link CatalogError} when the embedded database cannot start.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { config, log, tell } = options;
  const started: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const stop of started.splice(0).reverse()) await stop();
  };
  try {
    mkdirSync(config.data.folder, { recursive: true });
    const newId = () => crypto.randomUUID();
    const metrics = createMetrics();
    const front = await openFront({ listen: config.listen, log, metrics, newId });
    const stopFront = { run: () => front.close(0) };
    started.push(() => stopFront.run());
    const database = await openDatabase(config, log);
    started.push(database.close);
    const rooms = await compose({ config, database: database.address, log, name: 'sluice web', now: options.now });
    started.push(rooms.close);
    await prepareDatabase(rooms);
    await makeFirstAdmin(rooms, tell);
    await rooms.follow();
    if (config.work.roles.includes('worker')) {
      const jobs = await beginJobs(options, rooms);
      started.push(() => jobs.stop(PATIENCE_MS));
    }
    if (config.work.roles.includes('web')) await openDoors(front, rooms);
    // From here on the front is the first to stop: requests end before what they need.
    stopFront.run = async () => {};
    started.push(() => front.close(PATIENCE_MS));
    tell(`Sluice is ready at ${front.url}`);
    return { url: front.url, rooms, close };
  } catch (error) {
    await close().catch((cause) => log.error({ error: cause }, 'the start could not be undone'));
    throw error;
  }
}
