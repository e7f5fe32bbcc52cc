import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildWheel,
  type IndexedFile,
  indexedFile,
  startUpstreamServer,
  type UpstreamServer,
  writeSimpleIndex,
} from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNameAsker } from '../../ask-name/name-asker.ts';
import { type Bench, openBench } from '../../testing/bench.ts';

let folder: string;
let upstream: UpstreamServer;
let bench: Bench;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'index-'));
  upstream = await startUpstreamServer({ folder });
  bench = await openBench(folder);
  await bench.deps.db
    .updateTable('channel')
    .set({ types: ['python'] })
    .execute();
});
afterEach(async () => {
  await upstream.close();
  await bench.close();
  rmSync(folder, { recursive: true });
});

const wheel = async (name: string, version = '1.0'): Promise<IndexedFile> =>
  indexedFile(await buildWheel({ name, version }));

async function serve(...names: string[]): Promise<void> {
  writeSimpleIndex(
    folder,
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, [await wheel(name)]] as const))),
  );
}

async function liveFiles(): Promise<string[]> {
  const rows = await bench.deps.db
    .selectFrom('record')
    .select('file')
    .where('to_rev', 'is', null)
    .orderBy('file')
    .execute();
  return rows.map(({ file }) => file);
}

const mirror = (input: Record<string, unknown> = {}) =>
  bench.mirror({ mirror_type: 'python_simple', source_root: `${upstream.url}/simple`, ...input });

async function runAgain(id: string) {
  const { runNow } = await import('../../verbs/run-mirror.ts');
  await runNow(bench.deps, id, { name: 'tester' });
  await bench.work();
  return bench.lastRun(id);
}

describe('a passive mirror of a whole index', () => {
  test('brings in the list alone, and then keeps the pages that somebody asked for up to date', async () => {
    await serve('a', 'b', 'c');
    const id = await mirror();
    expect(await liveFiles()).toEqual([]);
    expect(upstream.asked.map(({ path }) => path)).toEqual(['/simple/']);
    const ask = createNameAsker(bench.deps);
    for (const name of ['a', 'b']) await ask.ask(bench.channel.id, name);
    writeSimpleIndex(folder, { a: [await wheel('a'), await wheel('a', '2.0')], b: [await wheel('b')] });
    upstream.reset();
    const run = await runAgain(id);
    expect([run.state, run.counts.passive]).toEqual(['completed', 3]);
    expect(upstream.asked.map(({ path }) => path).sort()).toEqual(['/simple/', '/simple/a/', '/simple/b/']);
    upstream.reset();
    await runAgain(id);
    expect(upstream.asked.map(({ path, status }) => `${path} ${status}`).sort()).toEqual([
      '/simple/ 304',
      '/simple/a/ 304',
      '/simple/b/ 304',
    ]);
  });

  test('goes on past a page that cannot be had, and fails when there is none', async () => {
    const names = Array.from('abcdefghij');
    await serve(...names);
    const id = await mirror();
    const ask = createNameAsker(bench.deps);
    for (const name of names) await ask.ask(bench.channel.id, name);
    upstream.fail('/simple/c/', { html: '<html>sorry</html>' });
    expect((await runAgain(id)).state).toBe('completed');
    expect(await liveFiles()).toHaveLength(10);
    upstream.fail(/^\/simple\/.\//, { status: 500 });
    expect(await runAgain(id)).toMatchObject({ state: 'failed', error_code: 'upstream_unavailable' });
    expect(await liveFiles()).toHaveLength(10);
  });

  test('does not take another page for a list', async () => {
    upstream.fail('/simple/', { status: 200, html: '<html><body>no index</body></html>' });
    const id = await mirror();
    expect(await bench.lastRun(id)).toMatchObject({ state: 'failed', error_code: 'upstream_malformed' });
  });
});

describe('a mirror of some projects', () => {
  test('brings these in whichever way they are spelt, and says which is not there', async () => {
    await serve('a-b', 'c');
    const id = await mirror({ mirror_mode: 'active', filters: { projects: ['A_b'] } });
    expect((await bench.lastRun(id)).counts).toMatchObject({ total: 1, active: 1 });
    const broken = await mirror({ filters: { projects: ['a-b', 'nowhere'] } });
    expect(await bench.lastRun(broken)).toMatchObject({ state: 'failed', error_code: 'upstream_missing' });
    expect((await bench.lastRun(broken)).error_text).toContain('nowhere');
  });

  test('goes on behind what is done when its time is up', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `p${i + 10}`);
    await serve(...names);
    const { createMirror } = await import('../../verbs/create-mirror.ts');
    const input = {
      mirror_name: 'slow',
      mirror_type: 'python_simple',
      source_root: `${upstream.url}/simple`,
      filters: { projects: names },
    };
    const id = await createMirror(
      bench.deps,
      { channelId: bench.channel.id, input, run_now: true },
      { name: 'tester' },
    );
    const ends = await bench.work({ sliceMs: 1 });
    expect(ends.filter((end) => end === 'yielded').length).toBeGreaterThanOrEqual(2);
    expect(await bench.lastRun(id)).toMatchObject({ state: 'completed', counts: { passive: 40 } });
    for (const name of names) expect(upstream.count(`/simple/${name}/`)).toBe(1);
  });
});

describe('an active mirror of a whole index', () => {
  test('brings a small one in', async () => {
    await serve('a', 'b');
    const id = await mirror({ mirror_mode: 'active' });
    expect((await bench.lastRun(id)).counts).toMatchObject({ total: 2, active: 2 });
  });

  test('refuses a large one', async () => {
    const projects = Array.from({ length: 5001 }, (_, i) => ({ name: `p${i}` }));
    mkdirSync(join(folder, 'simple'));
    writeFileSync(join(folder, 'simple/index.json'), JSON.stringify({ meta: { 'api-version': '1.4' }, projects }));
    const id = await mirror({ mirror_mode: 'active' });
    expect(await bench.lastRun(id)).toMatchObject({ state: 'failed', error_code: 'index_too_large' });
  });
});

test('a dry run says what a run would do, and does nothing', async () => {
  await serve('a', 'b', 'c');
  const { dryRun } = await import('../../dry-run/dry-run.ts');
  const input = { mirror_name: 'try', mirror_type: 'python_simple', source_root: `${upstream.url}/simple` };
  const plan = (more: object) =>
    dryRun(bench.deps, { channelId: bench.channel.id, input: { ...input, ...more } }, { limit: 10, offset: 0 });
  const some = await plan({ mirror_mode: 'active', filters: { projects: ['a', 'b'], exclude_specs: ['b'] } });
  expect(some).toMatchObject({ count: { total: 2, active: 1 }, to_fetch: { files: 1 } });
  expect(some.items.map(({ file, action }) => `${action} ${file}`)).toEqual([
    'fetch a/a-1.0-py3-none-any.whl',
    'drop b/b-1.0-py3-none-any.whl',
  ]);
  expect((await plan({ mirror_mode: 'active' })).count.total).toBe(3);
  expect((await plan({})).count.total).toBe(0);
  expect(await liveFiles()).toEqual([]);
});

describe('where an index lies', () => {
  test.each(['', '/', '/simple', '/simple/'])('its address may end with "%s"', async (ending) => {
    await serve('a');
    await mirror({ source_root: `${upstream.url}${ending}`, filters: { projects: ['a'] } });
    expect(await liveFiles()).toEqual(['a/a-1.0-py3-none-any.whl']);
  });

  test('a folder may be a plain tree of pages, or have the files as they are', async () => {
    await serve('a');
    await mirror({ source_root: join(folder, 'simple'), mirror_mode: 'active' });
    expect(await liveFiles()).toEqual(['a/a-1.0-py3-none-any.whl']);
    const bare = join(folder, 'bare');
    mkdirSync(bare);
    copyFileSync(join(folder, 'files/a-1.0-py3-none-any.whl'), join(bare, 'a-1.0-py3-none-any.whl'));
    const id = await mirror({ source_root: bare, mirror_mode: 'active' });
    expect((await bench.lastRun(id)).counts).toMatchObject({ total: 1, active: 1 });
  });

  test('credentials go to the index and its own files, and nowhere else', async () => {
    const closed = await startUpstreamServer({ folder, token: 'sesame' });
    await serve('a');
    const other = { ...(await wheel('b')), said: { url: `${upstream.url}/files/b-1.0-py3-none-any.whl` } };
    writeSimpleIndex(folder, { a: [await wheel('a')], b: [other] });
    const source = closed.url.replace('http://', 'http://user:sesame@');
    const id = await mirror({ source_root: `${source}/simple`, mirror_mode: 'active' });
    expect((await bench.lastRun(id)).counts).toMatchObject({ active: 2 });
    expect(upstream.asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/files/b-1.0-py3-none-any.whl', undefined],
    ]);
    const stored = await bench.deps.db.selectFrom('source_name').select('meta').execute();
    expect(JSON.stringify(stored)).not.toContain('sesame');
    await closed.close();
  });
});

test('what projects depend on in the environments that were chosen comes along', async () => {
  const needs = async (name: string, version: string, ...requires: string[]) =>
    indexedFile(await buildWheel({ name, version, fields: { 'Requires-Dist': requires } }));
  writeSimpleIndex(folder, {
    app: [
      await needs('app', '1.0', 'old-only'),
      await needs(
        'app',
        '2.0',
        'lib[fast] >=1',
        'win ; sys_platform == "win32"',
        'later ; python_version >= "3.13"',
        'tests ; extra == "test"',
      ),
    ],
    lib: [await needs('lib', '1.0', 'base', 'speed ; extra == "fast"', 'slow ; extra == "slow"')],
    base: [await wheel('base')],
    speed: [await needs('speed', '1.0', 'app')],
    ...Object.fromEntries(
      await Promise.all(
        ['win', 'later', 'tests', 'slow', 'old-only', 'other'].map(async (name) => [name, [await wheel(name)]]),
      ),
    ),
  });
  const filters = { projects: ['app'], include_dependencies: ['linux-64:3.12'], latest_versions: 1 };
  const id = await mirror({ mirror_mode: 'active', filters });
  expect((await bench.lastRun(id)).counts).toMatchObject({ active: 4, mirror_filtered: { latest_versions: 1 } });
  const { filters: stored } = await bench.deps.db.selectFrom('mirror').select('filters').executeTakeFirstOrThrow();
  expect(stored).toEqual({ ...filters, dependencies: ['base', 'lib', 'speed'] });
  const { editMirror } = await import('../../verbs/edit-mirror.ts');
  await editMirror(bench.deps, id, { filters: { include_dependencies: ['win-64:3.13'] } }, { name: 'tester' });
  expect((await runAgain(id)).counts).toMatchObject({ active: 6 });
});
