import { parentPort, workerData } from 'node:worker_threads';
import { rehearse } from '@sluice/publish';
import { collectGarbage } from './collect-garbage.ts';
import { compose } from './compose.ts';
import { type Environment, readConfig } from './config/read-config.ts';
import { idleCollector } from './idle-collector.ts';
import { jobs } from './jobs/index.ts';
import { startJobs } from './jobs/start-jobs.ts';
import { createLog } from './log.ts';
import type { WorkerThreadMessage } from './start-worker-thread.ts';

// The entry of the worker thread: the job queue with rooms of its own, so that heavy work never holds up a request.

/** A run of a large source takes some 250 MB: where the process holds this much, what earlier work left behind goes first. */
const much_bytes = 350 * 1024 ** 2;

const { env, database } = workerData as { env: Environment; database: string };
const port = parentPort!;
const config = readConfig(env);
const log = createLog(config.work.log_level).child({ thread: 'worker' });
const tell = (message: WorkerThreadMessage) => port.postMessage(message);
const onRegenerated = (kind: string, files: number) => tell({ kind, files });
const rooms = await compose({ config, database, log, name: 'sluice worker', onRegenerated });
await rooms.follow();
const rehearsing = new AbortController();
const collector = idleCollector(collectGarbage, () => process.memoryUsage.rss() > much_bytes);
const running = await startJobs(rooms, jobs, {
  began(name) {
    if (name === 'publish-channel') rehearsing.abort();
    collector.began(name === 'run-slice');
  },
  ended: collector.ended,
});

port.once('message', async ({ patience_ms }: { patience_ms: number }) => {
  rehearsing.abort();
  await running.stop(patience_ms);
  collector.stop();
  await rehearsal;
  await rooms.close();
  port.close();
});
tell('started');
// The first edit of rules after a start should be as quick as those that follow.
const rehearsal = rehearse(rooms, rehearsing.signal).then(
  (shards) => log.debug({ shards }, 'rehearsed a publication'),
  (error: unknown) => log.warn({ error }, 'a publication could not be rehearsed'),
);
