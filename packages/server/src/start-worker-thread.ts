import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Environment } from './config/read-config.ts';
import type { Metrics } from './http/metrics.ts';
import type { RunningJobs } from './jobs/start-jobs.ts';
import type { Log } from './log.ts';

/** What the thread is told; it reads its settings itself, since secrets do not travel between threads. */
export interface WorkerThreadOptions {
  env: Environment;
  database: string;
  log: Log;
  /** Told what the jobs of the thread made: it has no metrics of its own that anybody could read. */
  onRegenerated: Metrics['onRegenerated'];
}

/** What the thread says: that it runs, and then what it counts. */
export type WorkerThreadMessage = 'started' | { kind: string; files: number };

/** Run the job queue in a thread of its own, and again when the thread dies. */
export async function startWorkerThread(options: WorkerThreadOptions): Promise<RunningJobs> {
  const { env, database, log, onRegenerated } = options;
  const begin = async () => {
    const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      workerData: { env, database },
      execArgv: [],
      // Jobs make much that is dead at once. Left to itself the engine would rather take memory than clean up: a publication
      // of 600,000 records then peaks at 1.1 GB instead of 0.76, and is no faster.
      resourceLimits: { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 },
    });
    const ended = once(worker, 'exit').then(
      () => new Error('The worker thread ended.'),
      (error: Error) => error,
    );
    const failed = await Promise.race([once(worker, 'message').then(() => undefined), ended]);
    if (failed !== undefined) throw failed;
    worker.on('message', (message: WorkerThreadMessage) => {
      if (message !== 'started') onRegenerated(message.kind, message.files);
    });
    return { worker, ended };
  };
  const stopping = new AbortController();
  let thread = await begin();
  const following = follow();

  async function follow(): Promise<void> {
    for (;;) {
      const error = await thread.ended;
      if (stopping.signal.aborted) return;
      log.error({ error }, 'the worker thread died; starting it again');
      for (let pause = 200; ; pause = Math.min(pause * 2, 5_000)) {
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
        if (stopping.signal.aborted) return;
        const again = await begin().catch(
          (cause) => void log.error({ error: cause }, 'the worker thread does not start'),
        );
        if (again === undefined) continue;
        thread = again;
        if (stopping.signal.aborted) return;
        break;
      }
    }
  }

  const end = async ({ worker, ended }: typeof thread, patience_ms: number) => {
    worker.postMessage({ patience_ms });
    // Jobs are idempotent: one that does not end in time is cut and done again by another worker.
    const timer = setTimeout(() => void worker.terminate(), patience_ms + 2_000);
    await ended;
    clearTimeout(timer);
  };

  return {
    stop: async (patience_ms) => {
      stopping.abort();
      const first = thread;
      await end(first, patience_ms);
      await following;
      // A new one may have begun just then.
      if (thread !== first) await end(thread, patience_ms);
    },
  };
}
