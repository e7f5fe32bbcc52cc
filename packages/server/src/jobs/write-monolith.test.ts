import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enqueueMonolith, noteAwaitedPublication, withLock } from '@sluice/catalog';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { compose, type Rooms } from '../compose.ts';
import { readConfig } from '../config/read-config.ts';
import { createLog } from '../log.ts';
import { prepareDatabase } from '../prepare-database.ts';
import { buildMonolith } from './build-monolith.ts';
import { followHead } from './follow-head.ts';
import type { Job } from './job.ts';
import { reindexChannel } from './reindex-channel.ts';
import { writeMonolith } from './write-monolith.ts';

const runId = '0198f000-0000-7000-8000-000000000001';
const mirrorId = '0198f000-0000-7000-8000-000000000002';
const silent = createLog('info', { write: () => {} });

let database: TestDatabase;
let folder: string;
let rooms: Rooms;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sluice-monolith-'));
  const config = readConfig({ SLUICE_DATA_DIR: folder });
  const onRegenerated = () => {};
  rooms = await compose({ config, database: database.connectionString, log: silent, name: 'test', onRegenerated });
  await prepareDatabase(rooms, 0);
  const { pool } = database;
  await pool.query(`insert into channel (path, privacy, types, created_at, updated_at)
    values ('c', 'public', '{conda}', now(), now())`);
  await pool.query(`insert into source (type, url, created_at) values ('conda', 'http://upstream.test/', now())`);
  await pool.query(
    `insert into mirror (id, channel_id, name, position, source_id, mode, cron, created_at, updated_at)
     values ($1, 1, 'm', 0, 1, 'passive', '0 0 1 * *', now(), now())`,
    [mirrorId],
  );
});
afterAll(async () => {
  await rooms.close();
  await database.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await database.pool.query('delete from graphile_worker._private_jobs');
  await database.pool.query('delete from run');
  await database.pool.query(
    `insert into run (id, mirror_id, state, cause, stage, created_at) values ($1, $2, 'running', 'test', 'publish', now())`,
    [runId, mirrorId],
  );
});

/** A publication of nothing, which says that it has so many files; the waiting run is in it. */
async function publish(files: number): Promise<number> {
  const { rows } = await database.pool.query('update channel set head_no = head_no + 1 returning head_no');
  await database.pool.query(
    `insert into publication (channel_id, no, created_at, cause, inputs, added, removed, files, packages)
     values (1, $1, now(), 'test', '[]', 0, 0, $2, 0)`,
    [rows[0].head_no, files],
  );
  await noteAwaitedPublication(rooms.db, 1, [runId]);
  return rows[0].head_no;
}

async function jobs(): Promise<{ task: string; run_at: Date; isDue: boolean; payload: object }[]> {
  const { rows } = await database.pool.query(
    `select task.identifier as task, job.payload, run_at, run_at <= now() as "isDue"
     from graphile_worker._private_jobs as job join graphile_worker._private_tasks as task on task.id = job.task_id`,
  );
  return rows;
}

async function state(): Promise<{ monolith_no: number; run: string }> {
  const { rows } = await database.pool.query(
    'select monolith_no, (select state from run where id = $1) as run from channel',
    [runId],
  );
  return rows[0];
}

const run = (job: Job, payload: object) =>
  job.run(payload, { rooms, log: silent, signal: new AbortController().signal });

test('documents of a small channel come with its head, and complete the run', async () => {
  const no = await publish(50_000);
  await followHead(rooms, 1, silent);
  expect(await state()).toEqual({ monolith_no: no, run: 'completed' });
  expect(await jobs()).toEqual([]);
});

test('those of a large one come by a job, then rest; the run waits for them', async () => {
  const before = (await state()).monolith_no;
  const no = await publish(50_001);
  await followHead(rooms, 1, silent);
  expect(await state()).toEqual({ monolith_no: before, run: 'running' });
  expect(await jobs()).toMatchObject([{ task: 'write-monolith', isDue: true, payload: { channel_id: 1 } }]);
  await database.pool.query('delete from graphile_worker._private_jobs');

  // It takes longer than this, so it rests half as long at least: what others ask for in that time waits with it.
  const slow = { ...rooms, storage: { ...rooms.storage, receive: () => slowly(rooms.storage.receive) } } as Rooms;
  const begun = Date.now();
  await writeMonolith.run({ channel_id: 1 }, { rooms: slow, log: silent, signal: new AbortController().signal });
  const ended = Date.now();
  expect(await state()).toEqual({ monolith_no: no, run: 'completed' });
  await enqueueMonolith(rooms.db, 1);
  const [rest, ...others] = await jobs();
  expect(others).toEqual([]);
  // Two clocks may differ by some milliseconds.
  expect(rest!.run_at.getTime()).toBeGreaterThan(begun + 1.5 * slowly_ms - 20);
  expect(rest!.run_at.getTime()).toBeLessThanOrEqual(ended + 5000);

  await database.pool.query('delete from graphile_worker._private_jobs');
  await run(writeMonolith, { channel_id: 1 });
  expect(await jobs()).toEqual([]);
});

test('one that finds another at work comes back', async () => {
  const no = await publish(1);
  await withLock(database.pool, 'monolith', 1, async () => {
    await followHead(rooms, 1, silent);
    await run(buildMonolith, { channel_id: 1, no });
  });
  expect((await jobs()).map(({ task }) => task).sort()).toEqual(['build-monolith', 'write-monolith']);
  expect((await state()).run).toBe('running');
  await run(buildMonolith, { channel_id: 1, no });
  expect((await state()).monolith_no).toBe(no - 1);
  await run(writeMonolith, { channel_id: 1 });
  expect(await state()).toEqual({ monolith_no: no, run: 'completed' });
});

test('so does a reindex, with what came of its first half', async () => {
  const id = { channel_id: 1, actor: 'ada' };
  await withLock(database.pool, 'monolith', 1, () => run(reindexChannel, id));
  const [later] = await jobs();
  expect(later).toMatchObject({ task: 'reindex-channel', payload: { ...id, outcome: { status: 'unchanged' } } });
  await run(reindexChannel, { ...later!.payload, outcome: { status: 'published', no: 7 } });
  const { rows } = await database.pool.query("select data from event where action = 'channel_reindexed'");
  expect(rows).toEqual([{ data: { status: 'published', no: 7 } }]);
});

test('a run whose documents can never be written fails and says why, so that the mirror is free', async () => {
  const no = await publish(1);
  const { pool } = database;
  await pool.query("insert into blob (sha256, size, created_at) values ('\\x00', 1, now()) on conflict do nothing");
  await pool.query(
    `insert into entry (channel_id, kind, key, from_no, blob, signature, files, buckets) values
     (1, 'index', 'noarch/repodata_shards.msgpack.zst', $1, '\\x00', null, 0, null),
     (1, 'shard', 'noarch/a', $1, '\\x00', '\\x0000000000000001', 1, '{0,1,0,0}')`,
    [no],
  );
  await expect(followHead(rooms, 1, silent)).rejects.toMatchObject({ code: 'monolith_drift' });
  const { rows } = await pool.query('select state, error_code, error_text from run');
  expect(rows).toMatchObject([{ state: 'failed', error_code: 'monolith_drift' }]);
  expect(rows[0].error_text).toContain('reindex');
  const events = await pool.query("select data from event where action = 'mirror_failed'");
  expect(events.rows).toMatchObject([{ data: { run_id: runId, error: 'monolith_drift' } }]);
});

const slowly_ms = 500;

async function slowly<T>(work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, slowly_ms));
  return work();
}
