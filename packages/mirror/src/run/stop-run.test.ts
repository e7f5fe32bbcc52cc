import { setTimeout as sleep } from 'node:timers/promises';
import { condaSubdirs, removeCondaDocuments, type UpstreamServer, wakingTime, writeCondaShards } from '@sluice/testkit';
import { expect, test } from 'vitest';
import type { MirrorDeps } from '../deps.ts';
import { actor, type Bench, testTimings } from '../testing/bench.ts';
import { testHttp } from '../testing/deps.ts';
import { sceneForEach } from '../testing/scene.ts';
import { createMirror } from '../verbs/create-mirror.ts';
import { runNow, stopRun } from '../verbs/run-mirror.ts';
import { runSlice } from './run-slice.ts';
import { defaultTimings, type RunTimings } from './timings.ts';

// A stop takes effect within five seconds in every stage, and what follows begins where it ended.

const packages = /\.(conda|bz2)$/;
const stopWithin_ms = 5_000;
let upstream: UpstreamServer;
let bench: Bench;
let channel: string;

sceneForEach((scene) => {
  ({ upstream, bench, channel } = scene);
});

interface Started {
  mirrorId: string;
  working: Promise<string>;
}

/** Begin a run with the clockwork of the server. */
async function start(
  input: object = {},
  deps: Partial<MirrorDeps> = {},
  timings: Partial<RunTimings> = {},
): Promise<Started> {
  const definition = { mirror_name: 'm', source_root: upstream.url, mirror_mode: 'active', ...input };
  const mirrorId = await createMirror(
    bench.deps,
    { channelId: bench.channel.id, input: definition, run_now: true },
    actor,
  );
  const [job] = await bench.takeJobs();
  const options = { worker: 'here', timings: { ...defaultTimings, ...timings } };
  return { mirrorId, working: runSlice({ ...bench.deps, ...deps }, job!.payload.run_id as string, options) };
}

async function stops({ mirrorId, working }: Started): Promise<void> {
  let end: string | undefined;
  void working.then((how) => {
    end = how;
  });
  const passed = wakingTime();
  await stopRun(bench.deps, mirrorId);
  while (end === undefined) {
    expect(passed()).toBeLessThan(stopWithin_ms);
    await sleep(10);
  }
  expect(end).toBe('stopped');
  expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'stopped', error_code: null, failed_request: null });
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 4_000; i++) {
    if (await what()) return;
    await sleep(10);
  }
  throw new Error('waited in vain');
}
const asked = (path: string) => until(() => upstream.count(path) > 0);
const document = '/linux-64/repodata.json.zst';

test('while a document comes slowly', async () => {
  upstream.fail(document, { bytesPerSecond: 100 });
  const started = await start();
  await asked(document);
  await stops(started);
});

test('while an answer does not come', async () => {
  upstream.fail(document, { until: new Promise(() => {}) });
  const started = await start();
  await asked(document);
  await stops(started);
});

test('while it waits before it asks again, within a request and between two', async () => {
  upstream.fail(document, { status: 503 });
  const http = testHttp(bench.deps.guard, { retryPauseMs: 60_000, longestPauseMs: 60_000 });
  const started = await start({}, { http });
  await asked(document);
  await stops(started);
  await http.close();

  upstream.reset();
  upstream.fail(document, { cutAfter_bytes: 10 });
  await runNow(bench.deps, started.mirrorId, actor);
  const [job] = await bench.takeJobs();
  const timings = { ...defaultTimings, retryPauseMs: 60_000 };
  const working = runSlice(bench.deps, job!.payload.run_id as string, { worker: 'here', timings });
  await asked(document);
  await sleep(200);
  await stops({ mirrorId: started.mirrorId, working });
});

test('while shards come; those that are here are not fetched again', async () => {
  for (const subdir of condaSubdirs) {
    writeCondaShards(channel, subdir);
    removeCondaDocuments(channel, subdir);
  }
  const isShard = /\.msgpack\.zst$/;
  const shards = () => upstream.asked.filter(({ path }) => isShard.test(path) && !path.includes('repodata_shards'));
  const started = await start({ filters: { subdirs: ['linux-64', 'noarch'] }, limits: { concurrency: 1 } });
  upstream.fail(isShard, { delay_ms: 150 });
  await until(() => shards().length >= 6);
  await stops(started);
  const before = new Set(
    shards()
      .filter(({ status, bytes }) => status === 200 && bytes > 0)
      .map(({ path }) => path),
  );
  const last = shards().at(-1)!.path;
  upstream.reset();
  await runNow(bench.deps, started.mirrorId, actor);
  await bench.work();
  expect((await bench.lastRun(started.mirrorId)).state).toBe('completed');
  const twice = shards().filter(({ path }) => before.has(path) && path !== last);
  expect(twice.map(({ path }) => path)).toEqual([]);
});

test('while files come slowly; a restart asks for what is not here, and for nothing else', async () => {
  upstream.fail(packages, { bytesPerSecond: 10_000 });
  const started = await start({ filters: { subdirs: ['linux-64', 'noarch'] } });
  await until(async () => ((await bench.lastRun(started.mirrorId)).counts.active ?? 0) >= 2);
  await stops(started);
  const { rows } = await bench.database.pool.query<{ file: string }>(
    "select '/' || subdir || '/' || file as file from run_item join blob on blob.sha256 = run_item.sha256",
  );
  expect(rows.length).toBeGreaterThanOrEqual(2);

  upstream.reset();
  await runNow(bench.deps, started.mirrorId, actor);
  await bench.work();
  const run = await bench.lastRun(started.mirrorId);
  expect(run).toMatchObject({ state: 'completed', cause: 'restart', counts: { failed: 0 } });
  const files = upstream.asked.filter(({ path }) => packages.test(path)).map(({ path }) => path);
  expect(files.filter((path) => rows.some(({ file }) => file === path))).toEqual([]);
  expect(new Set(files).size).toBe(files.length);
  expect(files.length).toBe(run.counts.active - rows.length);
  // What was read of the indexes holds still.
  const read = upstream.asked.filter(({ path, status }) => !packages.test(path) && status === 200);
  expect(read.map(({ path }) => path)).toEqual([]);
});

test('under a limit of a few bytes a second', async () => {
  const started = await start({ limits: { bytes_per_second: 1024, concurrency: 2 } });
  await until(() => upstream.asked.length > 0);
  await sleep(300);
  await stops(started);
});

test('while it waits for its publication: at once', async () => {
  const { mirrorId, working } = await start({ mirror_mode: 'passive' });
  expect(await working).toBe('handed_over');
  await stopRun(bench.deps, mirrorId);
  expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'stopped', lease_until: null });
  expect(await bench.events()).toEqual(expect.arrayContaining(['mirror_stopped']));
  // The publication comes all the same, and changes nothing of it.
  await bench.work();
  expect((await bench.lastRun(mirrorId)).state).toBe('stopped');
  await runNow(bench.deps, mirrorId, actor);
  await bench.work();
  expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'completed', cause: 'restart' });
});

test('two workers never work on one mirror at once', async () => {
  let answer = () => {};
  upstream.fail(document, { until: new Promise<void>((resolve) => (answer = resolve)) });
  const started = await start({ mirror_mode: 'passive' });
  const { id } = await bench.lastRun(started.mirrorId);
  await asked(document);
  const second = () => runSlice(bench.deps, id, { worker: 'there', timings: testTimings });
  expect(await Promise.all([second(), second()])).toEqual(['gone', 'gone']);
  await expect(runNow(bench.deps, started.mirrorId, actor)).rejects.toMatchObject({ code: 'run_open' });
  answer();
  expect(await started.working).toBe('handed_over');
  expect(upstream.count(document)).toBe(1);
});
