import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { UpstreamServer } from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actor, type Bench, testTimings } from '../testing/bench.ts';
import { sceneForEach } from '../testing/scene.ts';
import type { WorkerOrder } from '../testing/worker-process.ts';
import { createMirror } from '../verbs/create-mirror.ts';
import { editMirror } from '../verbs/edit-mirror.ts';
import { runNow, stopRun } from '../verbs/run-mirror.ts';
import { runSlice } from './run-slice.ts';
import { sweepRuns } from './sweep-runs.ts';
import type { RunTimings } from './timings.ts';

// Who may write: stops, lapsed leases, workers that die, sleep and wake.

const packages = /\.(conda|bz2)$/;
/** Files that a worker fetches at once. */
const atOnce = 8;
let upstream: UpstreamServer;
let bench: Bench;
let children: ChildProcess[];

sceneForEach((scene) => {
  ({ upstream, bench } = scene);
});
beforeEach(() => {
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

async function pendingRun(mode: 'active' | 'passive'): Promise<{ mirrorId: string; runId: string }> {
  const input = { mirror_name: mode, source_root: upstream.url, mirror_mode: mode };
  const mirrorId = await createMirror(bench.deps, { channelId: bench.channel.id, input, run_now: true }, actor);
  const [job] = await bench.takeJobs();
  return { mirrorId, runId: job!.payload.run_id as string };
}

const slice = (runId: string, timings: Partial<RunTimings> = {}, signal?: AbortSignal) =>
  runSlice(bench.deps, runId, {
    worker: 'here',
    timings: { ...testTimings, ...timings },
    ...(signal ? { signal } : {}),
  });

/** Everything a run could write, to see that nothing was written. */
async function snapshot(): Promise<string> {
  const { rows } = await bench.database.pool.query<{ all: string }>(`select concat_ws('|',
    (select jsonb_agg(run order by id) from run), (select jsonb_agg(item order by subdir, file) from run_item item),
    (select jsonb_agg(source) from source), (select jsonb_agg(part order by subdir) from source_part part),
    (select count(*) || ' ' || coalesce(max(from_rev), 0) from record), (select count(*) from blob), (select count(*) from event),
    (select jsonb_agg(mirror) from mirror)) as all`);
  return rows[0]!.all;
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 4_000; i++) {
    if (await what()) return;
    await sleep(10);
  }
  throw new Error('waited in vain');
}

const lapse = () =>
  bench.database.pool.query("update run set lease_until = now() - interval '1 s' where lease_until is not null");

function gate(): { open: () => void; promise: Promise<void> } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, promise };
}

describe('stopping', () => {
  test('a run nobody has begun stops at once; a second stop finds none', async () => {
    const { mirrorId } = await pendingRun('passive');
    await stopRun(bench.deps, mirrorId);
    expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'stopped' });
    await expect(stopRun(bench.deps, mirrorId)).rejects.toMatchObject({ code: 'run_idle' });
    expect(await bench.events()).toEqual(['mirror_created', 'mirror_stopped']);
  });

  test('downloads: no request after it, what arrived stays, and a restart fetches only the rest', async () => {
    const { mirrorId, runId } = await pendingRun('active');
    // Two files come, the next ones are asked for and do not.
    const held = gate();
    upstream.fail(packages, { until: held.promise });
    upstream.fail(packages, { times: 2 });
    const files = () => upstream.asked.filter(({ path }) => packages.test(path)).length;
    const working = slice(runId);
    await until(async () => (await bench.lastRun(mirrorId)).counts.active === 2 && files() === 2 + atOnce);
    await stopRun(bench.deps, mirrorId);
    expect(await working).toBe('stopped');
    // What was sent before may reach the upstream a little later.
    await sleep(100);
    expect(files()).toBe(2 + atOnce);
    held.open();
    const run = await bench.lastRun(mirrorId);
    expect(run).toMatchObject({ state: 'stopped', error_code: null, lease_until: null });
    const { rows } = await bench.database.pool.query<{ file: string }>(
      "select subdir || '/' || file as file from run_item join blob on blob.sha256 = run_item.sha256",
    );
    expect(rows.length).toBe(2);
    expect((await bench.deps.db.selectFrom('mirror').select('at_rev').executeTakeFirstOrThrow()).at_rev).toBe(0);

    upstream.reset();
    await runNow(bench.deps, mirrorId, actor);
    await bench.work();
    expect(await bench.lastRun(mirrorId)).toMatchObject({
      state: 'completed',
      cause: 'restart',
      counts: { failed: 0 },
    });
    expect(rows.filter(({ file }) => upstream.count(`/${file}`) > 0)).toEqual([]);
    expect(await bench.events()).toContain('mirror_restarted');
  });

  test('a refresh: nothing of the document is kept', async () => {
    const { mirrorId, runId } = await pendingRun('passive');
    const held = gate();
    upstream.fail('/linux-64/repodata.json.zst', { until: held.promise });
    const working = slice(runId);
    await until(() => upstream.count('/linux-64/repodata.json.zst') > 0);
    await stopRun(bench.deps, mirrorId);
    expect(await working).toBe('stopped');
    held.open();
    expect(await bench.deps.db.selectFrom('record').selectAll().execute()).toEqual([]);
  });

  test('a run whose worker is gone is ended by the sweeper', async () => {
    const { mirrorId, runId } = await pendingRun('passive');
    await bench.database.pool.query(
      "update run set state = 'running', fence = 1, lease_until = now() + interval '1 minute'",
    );
    await stopRun(bench.deps, mirrorId);
    expect((await bench.lastRun(mirrorId)).state).toBe('stopping');
    expect(await sweepRuns(bench.deps)).toEqual({ queued: 0, stopped: 0, publications: 0 });
    await lapse();
    expect(await sweepRuns(bench.deps)).toEqual({ queued: 0, stopped: 1, publications: 0 });
    expect((await bench.lastRun(mirrorId)).state).toBe('stopped');
    expect(await slice(runId)).toBe('gone');
  });
});

test('one run at a time', async () => {
  const { mirrorId } = await pendingRun('passive');
  await expect(runNow(bench.deps, mirrorId, actor)).rejects.toMatchObject({ code: 'run_open' });
  await expect(editMirror(bench.deps, mirrorId, { run_now: true, cron: '0 0 * * *' }, actor)).rejects.toMatchObject({
    code: 'run_open',
  });
  expect((await bench.deps.db.selectFrom('mirror').select('cron').executeTakeFirstOrThrow()).cron).toBe('0 0 1 * *');
});

describe('the lease', () => {
  test('keeps a second worker away while it counts', async () => {
    const { mirrorId, runId } = await pendingRun('passive');
    const leasedUntil = async () => (await bench.lastRun(mirrorId)).lease_until!;
    const held = gate();
    upstream.fail('/channeldata.json', { until: held.promise });
    const working = slice(runId, { leaseMs: 30_000, heartbeatMs: 100 });
    await until(() => upstream.asked.length > 0);
    const begun = await leasedUntil();
    await until(async () => (await leasedUntil()) > begun);
    expect(await slice(runId)).toBe('gone');
    expect(await sweepRuns(bench.deps)).toMatchObject({ queued: 0 });
    held.open();
    expect(await working).toBe('handed_over');
  });

  test.each([
    ['while it reads an index', 'passive', /^\/noarch\/repodata/],
    ['while it fetches files', 'active', packages],
  ] as const)('lost %s: the worker writes nothing more', async (_, mode, path) => {
    const { mirrorId, runId } = await pendingRun(mode);
    const held = gate();
    upstream.fail(path, { until: held.promise });
    const sleeper = slice(runId, { heartbeatMs: 60_000, stopPollMs: 60_000, leaseMs: 60_000 });
    await until(() => upstream.asked.some((asked) => path.test(asked.path)));
    await lapse();
    upstream.reset();
    await sweepRuns(bench.deps);
    await bench.work();
    expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'completed', fence: 2 });
    const after = await snapshot();
    held.open();
    expect(await sleeper).toBe('fenced_out');
    expect(await snapshot()).toBe(after);
  });

  test('that merely lapsed is lost, too, and the run goes on', async () => {
    const { mirrorId, runId } = await pendingRun('passive');
    const held = gate();
    upstream.fail(/^\/noarch\/repodata/, { until: held.promise });
    const sleeper = slice(runId, { heartbeatMs: 60_000, stopPollMs: 60_000, leaseMs: 60_000 });
    await until(() => upstream.asked.some(({ path }) => path.startsWith('/noarch')));
    await lapse();
    const before = await snapshot();
    held.open();
    expect(await sleeper).toBe('fenced_out');
    expect(await snapshot()).toBe(before);
    expect(await sweepRuns(bench.deps)).toMatchObject({ queued: 1 });
    await bench.work();
    expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'completed' });
  });

  test('is given back when the process stops, and the next slice is queued', async () => {
    const { mirrorId, runId } = await pendingRun('active');
    upstream.fail(packages, { bytesPerSecond: 20_000 });
    const stopping = new AbortController();
    const working = slice(runId, {}, stopping.signal);
    await until(async () => (await bench.lastRun(mirrorId)).counts.active >= 1);
    stopping.abort(new Error('the process stops'));
    expect(await working).toBe('yielded');
    expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'running', lease_until: null });
    upstream.reset();
    await bench.work();
    expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'completed', counts: { failed: 0 } });
  });
});

describe('workers as processes', () => {
  const timings: RunTimings = { ...testTimings, leaseMs: 5000, heartbeatMs: 200 };

  /** Some files come soon, and those after them hardly at all: whatever holds up this test, the worker is still at them. */
  function trickle(): void {
    upstream.fail(packages, { bytesPerSecond: 500 });
    upstream.fail(packages, { bytesPerSecond: 30_000, times: 3 });
  }

  function startWorker(runId: string): { child: ChildProcess; said: Promise<string> } {
    const order: WorkerOrder = {
      database: bench.database.connectionString,
      blobs: join(bench.folder, 'blobs'),
      runId,
      timings,
    };
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../testing/worker-process.ts', import.meta.url)), JSON.stringify(order)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    children.push(child);
    const said = (async () => {
      let text = '';
      for await (const part of child.stdout!) text += part;
      return text;
    })();
    return { child, said };
  }

  test('killed while it fetches: the run goes on elsewhere and fetches nothing that is here', async () => {
    const { mirrorId, runId } = await pendingRun('active');
    trickle();
    const { child } = startWorker(runId);
    await until(async () => (await bench.lastRun(mirrorId)).counts.active >= 2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { rows } = await bench.database.pool.query<{ file: string }>(
      "select '/' || subdir || '/' || file as file from run_item join blob on blob.sha256 = run_item.sha256",
    );
    upstream.reset();
    await lapse();
    expect(await sweepRuns(bench.deps)).toMatchObject({ queued: 1 });
    await bench.work();
    const run = await bench.lastRun(mirrorId);
    expect(run).toMatchObject({ state: 'completed', fence: 2, counts: { failed: 0 } });
    expect(rows.length).toBeGreaterThanOrEqual(2);
    expect(rows.filter(({ file }) => upstream.count(file) > 0)).toEqual([]);
  });

  test('stopped by a signal in the middle of an index: the run goes on although it holds its locks', async () => {
    const { mirrorId, runId } = await pendingRun('passive');
    upstream.fail('/linux-64/repodata.json.zst', { bytesPerSecond: 1000 });
    const { child, said } = startWorker(runId);
    const inside =
      "select from pg_stat_activity where application_name like 'sluice run %' and datname = current_database()";
    await until(
      async () =>
        upstream.count('/linux-64/repodata.json.zst') > 0 && (await bench.database.pool.query(inside)).rowCount === 1,
    );
    child.kill('SIGSTOP');
    upstream.reset();
    await until(async () => (await sweepRuns(bench.deps)).queued > 0);
    await bench.work();
    expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'completed', fence: 2 });
    const after = await snapshot();
    child.kill('SIGCONT');
    expect(await said).toBe('fenced_out');
    expect(await snapshot()).toBe(after);
  });

  test('stopped by a signal and woken later: it writes nothing', async () => {
    const { mirrorId, runId } = await pendingRun('active');
    trickle();
    const { child, said } = startWorker(runId);
    await until(async () => (await bench.lastRun(mirrorId)).counts.active >= 1);
    child.kill('SIGSTOP');
    upstream.reset();
    await until(async () => (await sweepRuns(bench.deps)).queued > 0);
    await bench.work();
    expect(await bench.lastRun(mirrorId)).toMatchObject({ state: 'completed', fence: 2 });
    const after = await snapshot();
    child.kill('SIGCONT');
    expect(await said).toBe('fenced_out');
    expect(await snapshot()).toBe(after);
  });
});

test('a publication that does not come is asked for again', async () => {
  const { runId } = await pendingRun('passive');
  expect(await slice(runId, { askAgainMs: 50 })).toBe('handed_over');
  expect((await bench.takeJobs()).map(({ task }) => task)).toEqual(['publish-channel']);
  await until(async () => (await sweepRuns(bench.deps, 60_000)).publications === 1);
  expect(await sweepRuns(bench.deps, 60_000)).toMatchObject({ publications: 0 });
});
