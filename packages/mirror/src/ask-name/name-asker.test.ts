import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advanceMirror, findMirror } from '@sluice/catalog';
import {
  buildSdist,
  buildWheel,
  indexedFile,
  startUpstreamServer,
  type UpstreamServer,
  writeSimpleIndex,
} from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, openBench } from '../testing/bench.ts';
import { type AskerOptions, createNameAsker } from './name-asker.ts';

let folder: string;
let upstream: UpstreamServer;
let bench: Bench;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'index-'));
  upstream = await startUpstreamServer({ folder });
  bench = await openBench();
  await bench.deps.db
    .updateTable('channel')
    .set({ types: ['conda', 'python'] })
    .execute();
  await writeDemo('1.0');
});

afterEach(async () => {
  await upstream.close();
  await bench.close();
  rmSync(folder, { recursive: true });
});

async function writeDemo(...versions: string[]): Promise<void> {
  const files = [];
  for (const version of versions) {
    files.push(indexedFile(await buildWheel({ name: 'Demo', version, fields: { License: 'MIT' } })));
    files.push(indexedFile(await buildSdist({ name: 'demo', version })));
  }
  writeSimpleIndex(folder, { demo: files });
}

async function lazyMirror(filters: Record<string, unknown> = {}): Promise<string> {
  return bench.mirror({ mirror_type: 'python_simple', source_root: `${upstream.url}/simple/`, filters });
}

const asker = (options: AskerOptions = {}) => createNameAsker(bench.deps, options);

async function liveFiles(): Promise<string[]> {
  const rows = await bench.deps.db
    .selectFrom('record')
    .select('file')
    .where('to_rev', 'is', null)
    .orderBy('file')
    .execute();
  return rows.map(({ file }) => file);
}

async function atRev(id: string): Promise<number> {
  return (await bench.deps.db.selectFrom('mirror').select('at_rev').where('id', '=', id).executeTakeFirstOrThrow())
    .at_rev;
}

describe('the first ask for a name', () => {
  test('brings its files in, once for all who ask, and the layer shows them', async () => {
    const id = await lazyMirror();
    const one = asker();
    const asked = await Promise.all([one, one, asker(), asker()].map((ask) => ask.ask(bench.channel.id, 'demo')));
    expect(asked.map(({ mirrors }) => mirrors[0]?.status)).toEqual(['fresh', 'fresh', 'fresh', 'fresh']);
    expect(await liveFiles()).toEqual(['demo/demo-1.0-py3-none-any.whl', 'demo/demo-1.0.tar.gz']);
    expect(await atRev(id)).toBe(1);
    expect(upstream.count('/simple/demo/')).toBe(1);
    await one.ask(bench.channel.id, 'demo');
    expect(upstream.count('/simple/demo/')).toBe(1);
  });

  test('of a name the upstream does not have is remembered, too', async () => {
    await lazyMirror();
    const ask = asker();
    for (let i = 0; i < 2; i++) {
      const { mirrors } = await ask.ask(bench.channel.id, 'nothing');
      expect(mirrors).toMatchObject([{ status: 'fresh', known: { absent: true } }]);
    }
    expect(upstream.count('/simple/nothing/')).toBe(1);
    expect(await liveFiles()).toEqual([]);
  });

  test('reads the licence where a rule asks for it, and takes HTML where there is no JSON', async () => {
    writeSimpleIndex(
      folder,
      { demo: [indexedFile(await buildWheel({ name: 'demo', fields: { License: 'MIT' } }))] },
      { forms: ['html'] },
    );
    await lazyMirror({ include_licenses: ['MIT'] });
    await asker().ask(bench.channel.id, 'demo');
    const { extra } = await bench.deps.db.selectFrom('record').select('extra').executeTakeFirstOrThrow();
    expect(JSON.parse(Buffer.from(extra!).toString())).toMatchObject({ license: 'MIT' });
  });
});

describe('a page that is old', () => {
  test('that lists a file no more leaves it with a mirror that keeps what vanishes', async () => {
    await bench.mirror({
      mirror_type: 'python_simple',
      source_root: `${upstream.url}/simple/`,
      keep_removed: true,
    });
    await writeDemo('1.0', '2.0');
    const ask = asker({ freshMs: -1 });
    await ask.ask(bench.channel.id, 'demo');
    await writeDemo('2.0');
    await ask.ask(bench.channel.id, 'demo');
    const kept = () => bench.deps.db.selectFrom('kept_record').select(['subdir', 'file']).orderBy('file').execute();
    expect(await kept()).toEqual([
      { subdir: 'pypi', file: 'demo/demo-1.0-py3-none-any.whl' },
      { subdir: 'pypi', file: 'demo/demo-1.0.tar.gz' },
    ]);
    await writeDemo('1.0', '2.0');
    await ask.ask(bench.channel.id, 'demo');
    expect(await kept()).toEqual([]);
  });

  test('moves its mirror to the revision whose vanished files were looked for, and not beyond', async () => {
    const id = await lazyMirror();
    await asker().ask(bench.channel.id, 'demo');
    const { source_id } = (await findMirror(bench.deps.db, id))!;
    await bench.deps.db.updateTable('source').set({ revision: 3 }).where('id', '=', source_id).execute();
    expect(await advanceMirror(bench.deps.db, id, { source_id, revision: 2 })).toBe(2);
    expect(await advanceMirror(bench.deps.db, id, { source_id, revision: 1 })).toBe(2);
  });

  test('is asked for with its validators; what changed comes in', async () => {
    await lazyMirror();
    const ask = asker({ freshMs: -1 });
    await ask.ask(bench.channel.id, 'demo');
    await ask.ask(bench.channel.id, 'demo');
    expect(upstream.asked.map(({ path, status }) => `${path} ${status}`)).toContain('/simple/demo/ 304');
    await writeDemo('1.0', '2.0');
    const { moved } = await ask.ask(bench.channel.id, 'demo');
    expect(moved).toBe(true);
    expect(await liveFiles()).toHaveLength(4);
  });

  test.each([
    ['500', { status: 500 }],
    ['cut', { cutAfter_bytes: 20 }],
    ['slow', { delay_ms: 3000 }],
    ['a redirect loop', { location: '/simple/demo/' }],
    ['a page of excuses', { html: '<html><body>We are sorry</body></html>' }],
    ['a login', { html: '<html><body><a href="/login">log in</a></body></html>' }],
    ['links to what is not of the project', { html: '<html><a href="/client-1.0.tar.gz">Get our app</a></html>' }],
    ['a denial', { status: 403 }],
  ])('goes on to hold when the upstream answers with %s', async (_, fault) => {
    await lazyMirror();
    await asker().ask(bench.channel.id, 'demo');
    const before = await liveFiles();
    await writeDemo('1.0', '2.0');
    upstream.fail('/simple/demo/', fault);
    const { mirrors } = await asker({ freshMs: -1, limitMs: 1500 }).ask(bench.channel.id, 'demo');
    expect(mirrors).toMatchObject([{ status: 'stale', known: { absent: false }, error: { code: /^upstream_/ } }]);
    expect(await liveFiles()).toEqual(before);
    upstream.reset();
    expect((await asker({ freshMs: -1 }).ask(bench.channel.id, 'demo')).mirrors[0]?.status).toBe('fresh');
    expect(await liveFiles()).toHaveLength(4);
  });

  test('goes on to hold when the page is that of another project and does not say so', async () => {
    await lazyMirror();
    await asker().ask(bench.channel.id, 'demo');
    const other = indexedFile(await buildWheel({ name: 'other' }));
    writeSimpleIndex(folder, { demo: [other] }, { forms: ['json'], pages: { demo: { name: undefined } } });
    const { mirrors } = await asker({ freshMs: -1 }).ask(bench.channel.id, 'demo');
    expect(mirrors).toMatchObject([{ status: 'stale', error: { code: 'upstream_malformed' } }]);
    expect(await liveFiles()).toHaveLength(2);
  });

  test('is asked for when the clock was put back', async () => {
    await lazyMirror();
    const ask = asker();
    await ask.ask(bench.channel.id, 'demo');
    bench.deps.now = () => new Date(Date.now() - 24 * 60 * 60_000);
    await ask.ask(bench.channel.id, 'demo');
    expect(upstream.count('/simple/demo/')).toBe(2);
  });

  test('takes its files along when the project is gone', async () => {
    await lazyMirror();
    const ask = asker({ freshMs: -1 });
    await ask.ask(bench.channel.id, 'demo');
    writeSimpleIndex(folder, {});
    await ask.ask(bench.channel.id, 'demo');
    expect(await liveFiles()).toEqual([]);
  });
});

test('a publication is asked for with what came in, should whoever asked die before it is made', async () => {
  const id = await lazyMirror();
  await bench.takeJobs();
  const ask = asker({ freshMs: -1 });
  await ask.ask(bench.channel.id, 'demo');
  const wanted = [expect.objectContaining({ key: `publish:${bench.channel.id}` })];
  expect(await bench.takeJobs()).toEqual(wanted);
  await ask.ask(bench.channel.id, 'demo');
  expect([await bench.takeJobs(), await atRev(id)]).toEqual([[], 1]);
  await writeDemo('1.0', '2.0');
  await ask.ask(bench.channel.id, 'demo');
  expect([await bench.takeJobs(), await atRev(id)]).toEqual([wanted, 2]);
});

test('what was guessed of an index that answers 404 is not held on to', async () => {
  await bench.mirror({ mirror_type: 'python_simple', source_root: upstream.url, filters: {} }).catch(() => {});
  await bench.deps.db.deleteFrom('source_part').execute();
  upstream.fail('/simple/', { status: 403 });
  const ask = asker({ freshMs: -1 });
  expect((await ask.ask(bench.channel.id, 'demo')).mirrors).toMatchObject([{ known: { absent: true } }]);
  upstream.reset();
  expect((await ask.ask(bench.channel.id, 'demo')).mirrors).toMatchObject([{ known: { absent: false } }]);
});

test('a rule that cannot be read keeps every name out', async () => {
  const id = await lazyMirror();
  const filters = JSON.stringify({ only_specs: ['[[['] });
  await bench.deps.db.updateTable('mirror').set({ filters }).where('id', '=', id).execute();
  const { mirrors } = await asker().ask(bench.channel.id, 'demo');
  expect(mirrors).toMatchObject([{ status: 'kept_out', reason: 'rule_failed' }]);
});

test('names that are reserved or excluded are never asked for', async () => {
  await lazyMirror({ exclude_specs: ['demo'] });
  await bench.deps.db
    .insertInto('reserved_name')
    .values({ pattern: 'acme-*', created_at: new Date(), created_by: 'admin' })
    .execute();
  const ask = asker();
  expect((await ask.ask(bench.channel.id, 'demo')).mirrors).toMatchObject([
    { status: 'kept_out', reason: 'exclude_specs' },
  ]);
  expect((await ask.ask(bench.channel.id, 'acme-tool')).mirrors).toMatchObject([
    { status: 'kept_out', reason: 'reserved' },
  ]);
  expect(upstream.asked.filter(({ path }) => path !== '/simple/')).toEqual([]);
});

test('what is no file of the project, or has a digest that is none, is left out and noted', async () => {
  const wheel = await buildWheel({ name: 'demo' });
  const broken = {
    ...(await buildWheel({ name: 'demo', version: '2.0' })),
    said: { hashes: { sha256: 'ab'.repeat(16) } },
  };
  writeSimpleIndex(folder, {
    demo: [
      indexedFile(wheel),
      broken,
      { ...wheel, fileName: 'demo-1.0.exe' },
      { ...wheel, fileName: 'other-1.0.tar.gz' },
      indexedFile({ ...wheel, fileName: 'demo-3.0.tar.gz' }, { filename: '../demo-3.0.tar.gz' }),
    ],
  });
  await lazyMirror();
  await asker().ask(bench.channel.id, 'demo');
  expect(await liveFiles()).toEqual(['demo/demo-1.0-py3-none-any.whl']);
  const refused = await bench.deps.db.selectFrom('refused_record').select('file').orderBy('file').execute();
  expect(refused.map(({ file }) => file)).toEqual([
    'demo/../demo-3.0.tar.gz',
    'demo/demo-1.0.exe',
    'demo/demo-2.0-py3-none-any.whl',
    'demo/other-1.0.tar.gz',
  ]);
});
