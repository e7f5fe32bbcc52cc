import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { beatWorkers, connect, releaseLostJobs } from '@sluice/catalog';
import { parseCronItems, type Runner, run, type Task, type TaskList, type WorkerEvents } from 'graphile-worker';
import type { Rooms } from '../compose.ts';
import { jobs, schedule } from './index.ts';
import type { Job } from './job.ts';
import { keepAudit } from './keep-audit.ts';
import { keepMirrors } from './keep-mirrors.ts';
import { publishOutdated } from './publish-outdated.ts';
import { queueLog } from './queue-log.ts';
import { runJob } from './run-job.ts';

/** The running job queue of this process. */
export interface RunningJobs {
  /** Take no new jobs and wait for those that run; after `patience_ms` they are left to another worker. */
  stop(patience_ms: number): Promise<void>;
}

/** Told of what the queue does: of every job that begins, by its name, and of its end, however it went. */
export interface JobWatch {
  began(name: string): void;
  ended(): void;
}

/** Jobs at once: one may wait for an upstream while another publishes. */
const CONCURRENCY = 4;
const BEAT_MS = 5_000;
/** Until a job whose time has come is noticed: a second change is to be shown a second after the first, not three. */
const POLL_MS = 500;
/** Three missed beats. */
const SILENT_S = 15;

/**
 * Work off the queue, for as long as the process lives: after a break of the database it begins again.
 *
 * @param kinds other jobs than ours.
 */
export async function startJobs(
  rooms: Rooms,
  kinds: Readonly<Record<string, Job>> = jobs,
  watch: JobWatch = { began() {}, ended() {} },
): Promise<RunningJobs> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(kinds).map(([name, job]) => [name, watched(watch, name, runJob(name, job, rooms))]),
  );
  // Its own: jobs that wait for connections of the rooms' pool must not keep the queue from its.
  const queue = connect(rooms.database, {
    max: CONCURRENCY + 2,
    applicationName: 'sluice jobs',
    onIdleError: (error) => rooms.log.warn({ error }, 'job queue connection lost'),
  });
  // Jobs are locked under the name of their pool, not of the worker in it.
  const workers = new Set<string>();
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:create', ({ workerPool }) => void workers.add(workerPool.id));
  events.on('pool:release', ({ workerPool }) => void workers.delete(workerPool.id));
  const begin = () =>
    run({
      pgPool: queue.pool,
      taskList,
      concurrency: CONCURRENCY,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      // In batches, since only then a stopping queue waits until the end of its last jobs is written down.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      parsedCronItems: parseCronItems(schedule.filter(({ task }) => task in kinds)),
      logger: queueLog(rooms.log),
      events,
    });
  const stopping = new AbortController();
  let runner = await begin();
  const following = follow();
  if ('publish-channel' in kinds) await publishOutdated(rooms);
  const leaveMirrors = keepMirrors(rooms);
  const leaveAudit = keepAudit(rooms);
  const beat = setInterval(() => void beatOnce(rooms, workers), BEAT_MS);

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      await runner.promise.catch((error) => rooms.log.warn({ error }, 'the job queue stopped'));
      while (!stopping.signal.aborted) {
        await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => {});
        const again = stopping.signal.aborted ? undefined : await begin().catch(() => undefined);
        if (again === undefined) continue;
        runner = again;
        break;
      }
    }
  }

  return {
    stop: async (patience_ms) => {
      stopping.abort();
      await leaveMirrors();
      await stopRunner(runner, patience_ms);
      await following;
      // It may have begun again just then; a runner that is stopped already does not mind.
      await stopRunner(runner, patience_ms);
      clearInterval(beat);
      await leaveAudit();
      await queue.close();
    },
  };
}

function watched(watch: JobWatch, name: string, task: Task): Task {
  return async (payload, helpers) => {
    watch.began(name);
    try {
      await task(payload, helpers);
    } finally {
      watch.ended();
    }
  };
}

async function stopRunner(runner: Runner, patience_ms: number): Promise<void> {
  const timer = setTimeout(() => void runner.kill().catch(() => {}), patience_ms);
  // Fails when it stopped by itself, which is what we want.
  await runner.stop().catch(() => {});
  await runner.promise.catch(() => {});
  clearTimeout(timer);
}

/** Say that our workers live, and take over the jobs of those that do not. */
async function beatOnce(rooms: Rooms, workers: ReadonlySet<string>): Promise<void> {
  try {
    await beatWorkers(rooms.db, [...workers]);
    const lost = await releaseLostJobs(rooms.db, SILENT_S);
    if (lost.length > 0) rooms.log.warn({ workers: lost }, 'jobs of lost workers released');
  } catch (error) {
    rooms.log.warn({ error }, 'the workers could not report');
  }
}
