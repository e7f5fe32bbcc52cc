import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLoss, migrate } from '@sluice/catalog';
import { runMigrations } from 'graphile-worker';
import type { Rooms } from './compose.ts';
import { ServerError } from './errors.ts';
import { queueLog } from './jobs/queue-log.ts';

/**
 * Wait for the database and bring its schema and that of the job queue up to date. Nodes that start together take turns.
 *
 * @param patience_ms how long an external database may take to appear.
 * @throws {ServerError} `start_failed` when it does not appear; {@link CatalogError} when the schema does not fit.
 */
export async function prepareDatabase(rooms: Rooms, patience_ms: number): Promise<void> {
  const deadline = performance.now() + patience_ms;
  for (;;) {
    try {
      const { version, applied } = await migrate(rooms.pool);
      if (applied.length > 0) rooms.log.info({ version, applied }, 'schema brought up to date');
      await runMigrations({ pgPool: rooms.pool, logger: queueLog(rooms.log) });
      return;
    } catch (cause) {
      if (!isConnectionLoss(cause)) throw cause;
      if (performance.now() > deadline) {
        const message = `The database does not answer: ${(cause as Error).message}. Check DATABASE_URL and that the server runs.`;
        throw new ServerError('start_failed', message, { cause });
      }
      rooms.log.warn({ error: cause }, 'waiting for the database');
      await sleep(1_000);
    }
  }
}
