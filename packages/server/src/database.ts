import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, startPostgres } from '@sluice/catalog';
import type { Config } from './config/read-config.ts';
import type { Log } from './log.ts';

/** The database this process works with: its own child, or somebody else's server. */
export interface RunningDatabase {
  /** `postgresql://…`; it stays the same when the child is started again. */
  address: string;
  /** Stop the child; an external server is left alone. */
  close(): Promise<void>;
}

/**
 * Find the database: `DATABASE_URL`, else a PostgreSQL of our own, started now and again whenever it dies. Its address
 * stays the same, so connections come back by themselves.
 *
 * @throws {CatalogError} when the first start fails.
 */
export async function openDatabase(config: Config, log: Log): Promise<RunningDatabase> {
  const external = config.data.database_url;
  if (external !== undefined) return { address: external.reveal(), close: async () => {} };
  const begin = () => startPostgres({ dataDir: config.data.folder, log: (line) => log.debug({ line }, 'postgres') });
  let server = await begin();
  log.info({ pid: server.pid, runs_as: server.runsAs }, 'postgres started');
  const closing = new AbortController();
  const watching = watch();

  async function watch(): Promise<void> {
    for (;;) {
      const { wanted, status, output } = await server.ended;
      if (wanted || closing.signal.aborted) return;
      log.error({ status, output }, 'postgres died; starting it again');
      const again = await restart(begin, closing.signal, log);
      if (again === undefined) return;
      server = again;
      if (closing.signal.aborted) return;
      log.info({ pid: server.pid }, 'postgres started again');
    }
  }

  return {
    address: server.connectionString,
    close: async () => {
      closing.abort();
      await server.stop();
      await watching;
      // A restart may have been under way while the old one was stopped.
      await server.stop();
    },
  };
}

async function restart(
  begin: () => Promise<EmbeddedPostgres>,
  closing: AbortSignal,
  log: Log,
): Promise<EmbeddedPostgres | undefined> {
  for (let pause = 200; !closing.aborted; pause = Math.min(pause * 2, 5_000)) {
    try {
      return await begin();
    } catch (error) {
      log.error({ error }, 'postgres does not start; trying again');
      await sleep(pause, undefined, { signal: closing }).catch(() => {});
    }
  }
  return undefined;
}
