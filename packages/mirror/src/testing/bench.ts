import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelRow, insertChannel, type RunRow } from '@sluice/catalog';
import { openDiskStore } from '@sluice/storage';
import { createTestDatabase, newTestId, type TestDatabase } from '@sluice/testkit';
import type { MirrorInput } from '../definition/read-definition.ts';
import type { MirrorDeps } from '../deps.ts';
import { completePublishedRuns, publishingRuns } from '../run/complete-runs.ts';
import { countsOf, type RunCounts } from '../run/run-counts.ts';
import { runSlice, type SliceEnd } from '../run/run-slice.ts';
import type { RunTimings } from '../run/timings.ts';
import { createSealer } from '../seal.ts';
import { createMirror } from '../verbs/create-mirror.ts';
import { testGuard, testHttp } from './deps.ts';
import { inspectPackage } from './inspect-package.ts';

/** A job in the queue. The test is the worker. */
export interface QueuedJob {
  task: string;
  payload: Record<string, unknown>;
  key: string | null;
}

/** A database, a blob store and a channel, with everything a mirror works with. */
export interface Bench {
  database: TestDatabase;
  deps: MirrorDeps;
  channel: ChannelRow;
  folder: string;
  /** What is queued, and forget it. */
  takeJobs(): Promise<QueuedJob[]>;
  /** Work off the queue until it is empty: slices, and publications that only complete the runs that wait. */
  work(timings?: Partial<RunTimings>): Promise<SliceEnd[]>;
  /** Make a mirror and run it to its end. */
  mirror(input: Partial<MirrorInput>): Promise<string>;
  lastRun(mirrorId: string): Promise<RunRow & { counts: RunCounts }>;
  events(): Promise<string[]>;
  close(): Promise<void>;
}

/** Fast enough for tests, slow enough for a busy machine. */
export const testTimings: RunTimings = {
  leaseMs: 15_000,
  heartbeatMs: 500,
  stopPollMs: 20,
  sliceMs: 60_000,
  batchMs: 20,
  retryPauseMs: 1,
  askAgainMs: 60_000,
};

export const actor = { name: 'tester' };

/** Set everything up. `fileRoot`: the folder that `file:` sources may lie in. */
export async function openBench(fileRoot = '/nowhere'): Promise<Bench> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mirror-'));
  const storage = await openDiskStore({ root: join(folder, 'blobs'), newId: newTestId, now: Date.now });
  const guard = testGuard(fileRoot);
  const deps: MirrorDeps = {
    db: database.db,
    pool: database.pool,
    storage,
    now: () => new Date(),
    newId: newTestId,
    http: testHttp(guard),
    guard,
    sealer: createSealer(randomBytes(32)),
    inspect: inspectPackage,
  };
  const channel = await insertChannel(
    deps.db,
    {
      path: 'forge',
      parent_id: null,
      privacy: 'public',
      owner_id: null,
      description: '',
      types: ['conda'],
      filters: {},
      frozen: false,
    },
    deps.now(),
  );

  const bench: Bench = {
    database,
    deps,
    channel: channel!,
    folder,
    async takeJobs() {
      const { rows } = await database.pool.query<QueuedJob>(
        `with taken as (delete from graphile_worker._private_jobs returning *)
         select task.identifier as task, taken.payload, taken.key
         from taken join graphile_worker._private_tasks task on task.id = taken.task_id order by taken.id`,
      );
      return rows;
    },
    async work(timings) {
      const ends: SliceEnd[] = [];
      for (;;) {
        const jobs = await bench.takeJobs();
        if (jobs.length === 0) return ends;
        for (const { task, payload } of jobs) {
          if (task === 'publish-channel') {
            await publishingRuns(deps, payload.channel_id as number, async () => 'out');
            await completePublishedRuns(deps, payload.channel_id as number);
          } else
            ends.push(
              await runSlice(deps, payload.run_id as string, {
                worker: 'test',
                timings: { ...testTimings, ...timings },
              }),
            );
        }
      }
    },
    async mirror(input) {
      const definition = { mirror_name: `mirror ${newTestId()}`, source_root: undefined, ...input };
      const id = await createMirror(deps, { channelId: bench.channel.id, input: definition, run_now: true }, actor);
      await bench.work();
      return id;
    },
    async lastRun(mirrorId) {
      const run = await deps.db
        .selectFrom('run')
        .selectAll()
        .where('mirror_id', '=', mirrorId)
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
      return { ...run, counts: countsOf(run.counts) } as RunRow & { counts: RunCounts };
    },
    async events() {
      const rows = await deps.db.selectFrom('event').select('action').orderBy('id').execute();
      return rows.map((row) => row.action);
    },
    async close() {
      await deps.http.close();
      await storage.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}
