import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beatWorkers, enqueue, releaseLostJobs, unfinishedJobs, withLock } from '@sluice/catalog';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compose, type Rooms } from '../compose.ts';
import { readConfig } from '../config/read-config.ts';
import { createLog } from '../log.ts';
import { prepareDatabase } from '../prepare-database.ts';
import { defineJob, type Job } from './job.ts';
import { type RunningJobs, startJobs } from './start-jobs.ts';

let database: TestDatabase;
let folder: string;
let rooms: Rooms;
let running: RunningJobs | undefined;
let lines: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sluice-jobs-'));
  const config = readConfig({ SLUICE_DATA_DIR: folder });
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const onRegenerated = () => {};
  rooms = await compose({ config, database: database.connectionString, log, name: 'test', onRegenerated });
  await prepareDatabase(rooms, 0);
});
afterAll(async () => {
  await rooms.close();
  await database.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  await running?.stop(1_000);
  running = undefined;
  await database.pool.query('delete from graphile_worker._private_jobs');
});

/** What fails for the moment is tried again after some seconds: call this before it does, and it waits for {@link due}. */
const notYet = () => database.pool.query("update graphile_worker._private_jobs set run_at = now() + interval '1 hour'");
const due = () => database.pool.query('update graphile_worker._private_jobs set run_at = now()');

/** A job that notes what it was given. */
function noting(): { job: Job; noted: unknown[] } {
  const noted: unknown[] = [];
  return { noted, job: defineJob(z.object({ n: z.int() }), async ({ n }) => void noted.push(n)) };
}

test('a job runs when its transaction commits, soon after, and not when it does not', async () => {
  const { job, noted } = noting();
  running = await startJobs(rooms, { note: job });
  await rooms.db
    .transaction()
    .execute(async (tx) => {
      await enqueue(tx, 'note', { n: 1 });
      throw new Error('rolled back');
    })
    .catch(() => {});
  const begun = performance.now();
  await rooms.db.transaction().execute((tx) => enqueue(tx, 'note', { n: 2 }));
  await expect.poll(() => noted, { interval: 5 }).toEqual([2]);
  expect(performance.now() - begun).toBeLessThan(10_000);
  await expect.poll(() => unfinishedJobs(rooms.db)).toEqual([]);
});

test('jobs of one key become one; one of another time waits', async () => {
  for (const n of [1, 2, 3]) await enqueue(rooms.db, 'note', { n }, { key: 'same' });
  await enqueue(rooms.db, 'note', { n: 4 }, { runAt: new Date(Date.now() + 3_600_000) });
  const { job, noted } = noting();
  running = await startJobs(rooms, { note: job });
  await expect.poll(() => noted).toEqual([3]);
  await expect.poll(() => unfinishedJobs(rooms.db)).toEqual([]);
});

test('a job of a later time is begun soon after it', async () => {
  const late: number[] = [];
  const { job, noted } = noting();
  // A machine with other work may be late now and then.
  while (late.length < 10 && !late.some((ms) => ms < 1_300)) {
    running = await startJobs(rooms, { note: job });
    const due = Date.now() + 200;
    await enqueue(rooms.db, 'note', { n: late.length }, { runAt: new Date(due) });
    await expect.poll(() => noted.length, { interval: 10 }).toBe(late.length + 1);
    late.push(Date.now() - due);
    await running.stop(1_000);
    running = undefined;
  }
  expect(Math.min(...late)).toBeLessThan(1_300);
});

describe('a job that fails', () => {
  test('for good: it is parked after one try, and logged once with its cause', async () => {
    let tries = 0;
    const job = defineJob(z.unknown(), async () => {
      tries += 1;
      throw new Error('no such thing', { cause: new Error('deeper') });
    });
    running = await startJobs(rooms, { fail: job });
    await enqueue(rooms.db, 'fail', {});
    await expect.poll(() => unfinishedJobs(rooms.db)).toMatchObject([{ state: 'parked', attempts: 1, task: 'fail' }]);
    expect(tries).toBe(1);
    const errors = lines.map((line) => JSON.parse(line)).filter((line) => line.level === 'error');
    expect(errors).toMatchObject([
      { job: 'fail', msg: 'job failed; it is parked', error: { cause: { message: 'deeper' } } },
    ]);
  });

  test('by its payload: parked, without running', async () => {
    const { job, noted } = noting();
    running = await startJobs(rooms, { note: job });
    await enqueue(rooms.db, 'note', { n: 'one' });
    await expect.poll(() => unfinishedJobs(rooms.db)).toMatchObject([{ state: 'parked' }]);
    expect(noted).toEqual([]);
  });

  test('for the moment: it is tried again', async () => {
    let tries = 0;
    const job = defineJob(z.unknown(), async () => {
      tries += 1;
      if (tries > 1) return;
      await notYet();
      throw Object.assign(new Error('upstream is slow'), { transient: true });
    });
    running = await startJobs(rooms, { flaky: job });
    await enqueue(rooms.db, 'flaky', {});
    await expect.poll(() => unfinishedJobs(rooms.db)).toMatchObject([{ state: 'due', attempts: 1 }]);
    await due();
    await expect.poll(() => tries).toBe(2);
    await expect.poll(() => unfinishedJobs(rooms.db)).toEqual([]);
    expect(lines.some((line) => line.includes('"level":"error"'))).toBe(false);
  });
});

test('a job whose connection broke while it asked nothing is tried again', async () => {
  let tries = 0;
  const job = defineJob(z.unknown(), (_, { rooms }) =>
    withLock(rooms.pool, 'channel', 1, async ({ client }) => {
      tries += 1;
      if (tries > 1) return;
      await notYet();
      const { rows } = await client.query('select pg_backend_pid() as pid');
      const broken = new Promise((resolve) => client.once('end', resolve));
      await database.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
      await broken;
      await client.query('select 1');
    }),
  );
  running = await startJobs(rooms, { publish: job });
  await enqueue(rooms.db, 'publish', {});
  await expect.poll(() => unfinishedJobs(rooms.db)).toMatchObject([{ state: 'due', attempts: 1 }]);
  await due();
  await expect.poll(() => tries).toBe(2);
  expect(lines.some((line) => line.includes('"level":"error"'))).toBe(false);
});

test('stopping waits for a running job, and asks it to hurry when it is slow', async () => {
  const log: string[] = [];
  const job = defineJob(z.unknown(), async (_, { signal }) => {
    log.push('begun');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    log.push('asked');
  });
  running = await startJobs(rooms, { slow: job });
  await enqueue(rooms.db, 'slow', {});
  await expect.poll(() => log).toEqual(['begun']);
  await running.stop(15_000);
  running = undefined;
  expect(log).toEqual(['begun', 'asked']);
  expect(await unfinishedJobs(rooms.db)).toEqual([]);
});

describe('a worker that died with its job', () => {
  const lock = (worker: string, secondsAgo: number) =>
    database.pool.query(
      `update graphile_worker._private_jobs set locked_by = $1, attempts = 1, locked_at = now() - make_interval(secs => $2)`,
      [worker, secondsAgo],
    );

  test('loses it after 15 s, and another takes it over', async () => {
    await enqueue(rooms.db, 'note', { n: 1 });
    await lock('worker-dead', 16);
    expect(await releaseLostJobs(rooms.db, 15)).toEqual(['worker-dead']);
    const { job, noted } = noting();
    running = await startJobs(rooms, { note: job });
    await expect.poll(() => noted).toEqual([1]);
  });

  test('loses one that was queued again meanwhile for good', async () => {
    await enqueue(rooms.db, 'note', { n: 1 }, { key: 'same' });
    await lock('worker-dead', 16);
    await enqueue(rooms.db, 'note', { n: 2 }, { key: 'same' });
    expect(await releaseLostJobs(rooms.db, 15)).toEqual(['worker-dead']);
    const { job, noted } = noting();
    running = await startJobs(rooms, { note: job });
    await expect.poll(() => noted).toEqual([2]);
    await expect.poll(() => unfinishedJobs(rooms.db)).toEqual([]);
  });

  test('keeps it while it reports, or has only just begun', async () => {
    await enqueue(rooms.db, 'note', { n: 1 });
    await lock('worker-alive', 3_600);
    await beatWorkers(rooms.db, ['worker-alive']);
    expect(await releaseLostJobs(rooms.db, 15)).toEqual([]);
    await lock('worker-new', 5);
    expect(await releaseLostJobs(rooms.db, 15)).toEqual([]);
  });
});
