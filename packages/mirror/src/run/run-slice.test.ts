import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { condaSubdirs, readCondaIndex, type UpstreamServer, writeCondaPackages } from '@sluice/testkit';
import { describe, expect, test } from 'vitest';
import { dryRun } from '../dry-run/dry-run.ts';
import { actor, type Bench } from '../testing/bench.ts';
import { type Scene, sceneForEach } from '../testing/scene.ts';
import { createMirror } from '../verbs/create-mirror.ts';
import { runNow } from '../verbs/run-mirror.ts';
import { filteredOf, type RunCounts } from './run-counts.ts';

// The 47 real packages, over http and from folders, through whole runs on a real database.

let pristine: string;
let channel: string;
let upstream: UpstreamServer;
let behaviour: Scene['behaviour'];
let bench: Bench;

sceneForEach((scene) => {
  ({ pristine, channel, upstream, behaviour, bench } = scene);
});

const total = (subdirs: readonly string[] = condaSubdirs) =>
  subdirs.reduce(
    (sum, subdir) => sum + filesOf(JSON.parse(readCondaIndex(subdir, 'repodata.json').toString())).length,
    0,
  );

type Repodata = Record<'packages' | 'packages.conda', Record<string, Record<string, unknown>>>;

function filesOf(repodata: Repodata): [string, Record<string, unknown>][] {
  return [...Object.entries(repodata.packages), ...Object.entries(repodata['packages.conda'])];
}

function balanced(counts: RunCounts): RunCounts {
  expect(filteredOf(counts) + counts.active + counts.passive + counts.failed).toBe(counts.total);
  return counts;
}

async function again(mirrorId: string) {
  await runNow(bench.deps, mirrorId, actor);
  await bench.work();
  return bench.lastRun(mirrorId);
}

function edit(subdir: string, change: (repodata: Repodata) => void): void {
  const repodata = JSON.parse(readFileSync(join(channel, subdir, 'repodata.json'), 'utf8')) as Repodata;
  change(repodata);
  const text = JSON.stringify(repodata);
  writeFileSync(join(channel, subdir, 'repodata.json'), text);
  writeFileSync(join(channel, subdir, 'repodata.json.zst'), zstdCompressSync(text));
}

describe('a passive run', () => {
  test('admits every record, counts every file, fetches no package', async () => {
    const id = await bench.mirror({ source_root: upstream.url });
    const run = await bench.lastRun(id);
    expect(run).toMatchObject({
      state: 'completed',
      error_text: null,
      stage: 'publish',
      cause: 'create',
      actor: 'tester',
    });
    const counts = balanced(run.counts);
    expect(counts.total).toBe(total());
    expect(counts.passive + counts.mirror_filtered.duplicated_legacy_conda!).toBe(total());
    expect(upstream.asked.some(({ path }) => /\.(conda|bz2)$/.test(path))).toBe(false);
    expect(await bench.events()).toEqual(['mirror_created', 'mirror_started', 'mirror_completed']);

    const { rows } = await bench.database.pool.query<{ subdir: string; file: string; body: Buffer }>(
      'select subdir, file, body from record',
    );
    expect(rows.length).toBe(total());
    for (const subdir of condaSubdirs) {
      const text = readCondaIndex(subdir, 'repodata.json').toString();
      for (const row of rows.filter((one) => one.subdir === subdir)) expect(text).toContain(row.body.toString());
    }
    const mirror = await bench.deps.db.selectFrom('mirror').selectAll().executeTakeFirstOrThrow();
    expect(mirror).toMatchObject({ at_rev: run.revision, last_run_id: run.id });
  });

  test('hands on what it judged to the publication that follows, and nothing where none does', async () => {
    const parts: string[] = [];
    Object.assign(bench.deps, { handOn: ({ subdir }: { subdir: string }) => void parts.push(subdir) });
    const id = await bench.mirror({ source_root: upstream.url });
    expect(parts).toEqual([condaSubdirs.at(-1)]);
    await again(id);
    expect(parts).toHaveLength(1);
    await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
    expect(parts).toHaveLength(1);
  });

  test('hands on what it admitted to its next slice', async () => {
    const parts: string[] = [];
    Object.assign(bench.deps, { handOn: ({ subdir }: { subdir: string }) => void parts.push(subdir) });
    for (const subdir of condaSubdirs) upstream.fail(`/${subdir}/repodata.json.zst`, { delay_ms: 40 });
    const input = { mirror_name: 'sliced', source_root: upstream.url };
    await createMirror(bench.deps, { channelId: bench.channel.id, input, run_now: true }, actor);
    await bench.work({ sliceMs: 30 });
    // What the plan judges in the last slice goes to the publication.
    expect(parts).toEqual(condaSubdirs);
  });

  test('that finds nothing new asks two questions a subdir, writes no revision and judges nothing anew', async () => {
    const id = await bench.mirror({ source_root: upstream.url, filters: { subdirs: condaSubdirs } });
    const first = await bench.lastRun(id);
    upstream.reset();
    const second = await again(id);
    expect(upstream.asked.map(({ path, status }) => `${status} ${path}`)).toEqual(
      condaSubdirs.flatMap((subdir) => [`304 /${subdir}/run_exports.json.zst`, `304 /${subdir}/repodata.json.zst`]),
    );
    expect(second).toMatchObject({ state: 'completed', revision: first.revision, counts: first.counts });
  });

  test('counts what left and what a filter takes out now', async () => {
    const id = await bench.mirror({ source_root: upstream.url, filters: { subdirs: ['noarch'] } });
    const before = balanced((await bench.lastRun(id)).counts);
    edit('noarch', (repodata) => {
      const [gone] = Object.keys(repodata['packages.conda']);
      delete repodata['packages.conda'][gone!];
      delete repodata.packages[gone!.replace(/\.conda$/, '.tar.bz2')];
    });
    const run = await again(id);
    expect(run.state).toBe('completed');
    expect(balanced(run.counts).removed).toBe(1);
    expect(run.counts.passive).toBe(before.passive - 1);

    const names = filesOf(JSON.parse(readFileSync(join(channel, 'noarch', 'repodata.json'), 'utf8'))).map(
      ([, record]) => record.name as string,
    );
    await bench.deps.db
      .updateTable('mirror')
      .set({ filters: JSON.stringify({ subdirs: ['noarch'], exclude_specs: [names[0]] }) })
      .execute();
    const filtered = await again(id);
    expect(balanced(filtered.counts).mirror_filtered.exclude_specs).toBeGreaterThan(0);
    expect(filtered.counts.removed).toBe(run.counts.passive - filtered.counts.passive);
  });

  test.each([
    ['the platforms it names', { subdirs: ['linux-64', 'noarch'] }, ['linux-64', 'noarch']],
    ['and ignores one the upstream lacks', { subdirs: ['noarch', 'zos-z'] }, ['noarch']],
  ])('looks at %s only', async (_, filters, subdirs) => {
    const run = await bench.lastRun(await bench.mirror({ source_root: upstream.url, filters }));
    expect(run.state).toBe('completed');
    expect(balanced(run.counts).total).toBe(total(subdirs));
  });

  test('reads a folder with documents as it reads http', async () => {
    const byHttp = await bench.lastRun(await bench.mirror({ source_root: upstream.url }));
    const byFile = await bench.lastRun(await bench.mirror({ source_root: channel }));
    expect(byFile).toMatchObject({ state: 'completed', counts: byHttp.counts });
  });

  test('makes records of a bare folder, opens only what is new, and says what is no package', async () => {
    rmSync(channel, { recursive: true });
    mkdirSync(channel);
    writeCondaPackages(channel);
    writeFileSync(join(channel, 'noarch', 'broken-1.0-0.conda'), 'no zip');
    let opened = 0;
    const { inspect } = bench.deps;
    bench.deps.inspect = (...args) => {
      opened++;
      return inspect(...args);
    };
    const id = await bench.mirror({ source_root: `file://${channel}`, keep_legacy: true });
    const run = await bench.lastRun(id);
    expect(run).toMatchObject({ state: 'completed', counts: { total: 48, passive: 47, failed: 1 } });
    balanced(run.counts);
    expect(opened).toBe(48);
    expect(
      (await bench.deps.db.selectFrom('run_item').selectAll().execute()).map(({ file, state }) => [file, state]),
    ).toEqual([['broken-1.0-0.conda', 'failed']]);
    const { rows } = await bench.database.pool.query<{ subdir: string; file: string; body: Buffer }>(
      'select subdir, file, body from record',
    );
    for (const { subdir, file, body } of rows) {
      const { sha256 } = JSON.parse(body.toString()) as { sha256: string };
      expect(sha256).toBe(
        createHash('sha256')
          .update(readFileSync(join(channel, subdir, file)))
          .digest('hex'),
      );
    }

    opened = 0;
    const second = await again(id);
    expect([second.state, second.revision, opened]).toEqual(['completed', run.revision, 0]);
    expect(balanced(second.counts)).toEqual(run.counts);

    // An index that comes later is believed, and what the folder held besides is forgotten.
    cpSync(join(pristine, 'noarch'), join(channel, 'noarch'), { recursive: true });
    expect(await again(id)).toMatchObject({ state: 'completed', counts: { total: 47, passive: 47, failed: 0 } });
  });
});

describe('a record that is none of its file', () => {
  const editNoarch = (edit: (packages: Record<string, unknown>) => void) => {
    const path = join(channel, 'noarch', 'repodata.json');
    const repodata = JSON.parse(readFileSync(path, 'utf8')) as Repodata;
    edit(repodata['packages.conda']);
    writeFileSync(path, JSON.stringify(repodata));
    writeFileSync(`${path}.zst`, zstdCompressSync(JSON.stringify(repodata)));
  };

  test('counts as failed, in a run, in the next one that finds nothing new, and in a dry run', async () => {
    editNoarch((packages) => {
      packages['odd-1.0-0.conda'] = { name: 'other', version: '1.0', build: '0' };
      packages['odd-2.0-0.conda'] = { name: 'odd' };
    });
    const id = await bench.mirror({ source_root: upstream.url });
    const run = await bench.lastRun(id);
    expect(run).toMatchObject({ state: 'completed', counts: { total: total() + 2, failed: 2 } });
    balanced(run.counts);
    const items = await bench.deps.db.selectFrom('run_item').select(['file', 'error_text']).orderBy('file').execute();
    expect(items).toEqual([
      { file: 'odd-1.0-0.conda', error_text: expect.stringContaining('The record says name other') },
      { file: 'odd-2.0-0.conda', error_text: expect.stringContaining('needs a version') },
    ]);
    const second = await again(id);
    expect([second.revision, balanced(second.counts)]).toEqual([run.revision, run.counts]);
    const tried = await dryRun(bench.deps, { mirrorId: id, edit: {} }, { limit: 0, offset: 0 });
    expect(tried.count).toMatchObject({ total: run.counts.total, failed: 2 });

    editNoarch((packages) => {
      delete packages['odd-1.0-0.conda'];
    });
    expect(await again(id)).toMatchObject({ state: 'completed', counts: { total: total() + 1, failed: 1 } });
  });
});

describe('an active run', () => {
  test('brings in every kept file, whole, and counts as a passive one does', async () => {
    const passive = await bench.lastRun(await bench.mirror({ source_root: upstream.url }));
    const id = await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
    const run = await bench.lastRun(id);
    expect(run).toMatchObject({ state: 'completed', error_text: null });
    const counts = balanced(run.counts);
    expect(counts).toEqual({ ...passive.counts, active: passive.counts.passive, passive: 0 });
    const { rows } = await bench.database.pool.query<{ sha256: Buffer }>(
      'select blob.sha256 from blob join run_item on run_item.sha256 = blob.sha256',
    );
    expect(rows.length).toBe(counts.active);
    expect(await localPackages()).toBe(counts.active);
    expect(new Set(packageRequests()).size).toBe(counts.active);
    expect(packageRequests().length).toBe(counts.active);
  });

  test('fetches nothing twice', async () => {
    const id = await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
    const first = await bench.lastRun(id);
    upstream.reset();
    const second = await again(id);
    expect(second).toMatchObject({ state: 'completed', counts: first.counts });
    expect(packageRequests()).toEqual([]);
  });

  test('notes the files it cannot have, and goes on', async () => {
    const [missing, wrong, cut] = someFiles();
    upstream.fail(missing, { status: 404 });
    upstream.fail(wrong, { wrongBytes: true });
    upstream.fail(cut, { cutAfter_bytes: 100 });
    const id = await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
    const run = await bench.lastRun(id);
    expect(run).toMatchObject({ state: 'completed', counts: { failed: 3 } });
    balanced(run.counts);
    const failed = await bench.deps.db.selectFrom('run_item').selectAll().where('state', '=', 'failed').execute();
    const words = new Map(failed.map((item) => [`/${item.subdir}/${item.file}`, item.error_text]));
    expect(words.get(missing)).toMatch(/status 404/);
    expect(words.get(wrong)).toMatch(/announced/);
    expect(words.get(cut)).toMatch(/cut short/);
    expect(await localPackages()).toBe(run.counts.active);

    upstream.reset();
    const second = await again(id);
    expect(second).toMatchObject({ state: 'completed', counts: { failed: 0, active: run.counts.active + 3 } });
    expect(packageRequests().sort()).toEqual([missing, wrong, cut].sort());
  });

  test('that a passing fault meets does not show it', async () => {
    const [a, b] = someFiles();
    upstream.fail(a, { status: 503, times: 1 });
    upstream.fail(b, { cutAfter_bytes: 1000, times: 1 });
    const run = await bench.lastRun(await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' }));
    expect(run).toMatchObject({ state: 'completed', counts: { failed: 0 } });
    const resumed = upstream.asked.filter(({ path }) => path === b);
    expect(resumed.map(({ headers, status }) => [headers.range, status])).toEqual([
      [undefined, 200],
      ['bytes=1000-', 206],
    ]);
  });

  test('goes on without ranges, too', async () => {
    behaviour.ranges = false;
    const [, , file] = someFiles();
    upstream.fail(file, { cutAfter_bytes: 1000, times: 1 });
    const run = await bench.lastRun(await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' }));
    expect(run).toMatchObject({ state: 'completed', counts: { failed: 0 } });
  });

  test('fails when not one file can be had', async () => {
    upstream.fail(/\.(conda|bz2)$/, { wrongBytes: true });
    const id = await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
    expect(await bench.lastRun(id)).toMatchObject({
      state: 'failed',
      error_code: 'all_files_failed',
      counts: { active: 0 },
    });
    expect((await bench.deps.db.selectFrom('mirror').select('at_rev').executeTakeFirstOrThrow()).at_rev).toBe(0);
  });

  test('fails when the upstream goes down, and goes on at the next', async () => {
    upstream.fail(/\.(conda|bz2)$/, { status: 500 });
    const id = await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
    expect(await bench.lastRun(id)).toMatchObject({ state: 'failed', error_code: 'upstream_unavailable' });
    upstream.reset();
    expect(await again(id)).toMatchObject({ state: 'completed', counts: { failed: 0 } });
  });

  test('in a folder copies its files', async () => {
    const run = await bench.lastRun(await bench.mirror({ source_root: channel, mirror_mode: 'active' }));
    expect(run.state).toBe('completed');
    expect(await localPackages()).toBe(balanced(run.counts).active);
  });
});

describe('an upstream that fails', () => {
  test.each<[string, (server: UpstreamServer) => void, string]>([
    ['500 on the index', (server) => server.fail(/noarch\/repodata/, { status: 500 }), 'upstream_unavailable'],
    ['401 on the index', (server) => server.fail(/noarch\/repodata/, { status: 401 }), 'upstream_denied'],
    ['a cut index', (server) => server.fail(/noarch\/repodata/, { cutAfter_bytes: 300 }), 'upstream_unavailable'],
    ['garbage for the index', (server) => server.fail(/noarch\/repodata/, { wrongBytes: true }), 'upstream_malformed'],
    [
      'another document for the index',
      (server) => server.fail(/noarch\/repodata/, { status: 404 }),
      'upstream_missing',
    ],
  ])('%s ends the run as failed and leaves the last state', async (_, spoil, code) => {
    const id = await bench.mirror({ source_root: upstream.url });
    const first = await bench.lastRun(id);
    edit('noarch', (repodata) => {
      repodata.packages = {};
    });
    spoil(upstream);
    const run = await again(id);
    expect(run).toMatchObject({ state: 'failed', error_code: code });
    expect(run.error_text).not.toBe('');
    expect((await bench.deps.db.selectFrom('mirror').select('at_rev').executeTakeFirstOrThrow()).at_rev).toBe(
      first.revision,
    );
    expect(await bench.events()).toContain('mirror_failed');
    upstream.reset();
    expect(await again(id)).toMatchObject({ state: 'completed' });
  });

  test('no channel there at all says so', async () => {
    const id = await bench.mirror({ source_root: `${upstream.url}/nothing/here` });
    expect(await bench.lastRun(id)).toMatchObject({
      state: 'failed',
      error_code: 'upstream_missing',
      error_text: expect.stringContaining('/nothing/here'),
    });
  });

  test('a fault that passes within a run is not seen', async () => {
    upstream.fail('/noarch/repodata.json.zst', { cutAfter_bytes: 300, times: 1 });
    upstream.fail('/linux-64/repodata.json.zst', { status: 502, times: 2 });
    expect(await bench.lastRun(await bench.mirror({ source_root: upstream.url }))).toMatchObject({
      state: 'completed',
    });
  });

  test('secrets in its URL reach neither errors nor events', async () => {
    const id = await bench.mirror({ source_root: `${upstream.url.replace('//', '//user:hush@')}/t/hushhush/none` });
    const run = await bench.lastRun(id);
    expect(run.state).toBe('failed');
    const { rows } = await bench.database.pool.query<{ text: string }>(
      'select row_to_json(event)::text as text from event union all select row_to_json(run)::text from run union all select url from source',
    );
    expect(rows.map(({ text }) => text).join()).not.toContain('hush');
  });
});

test('slices of no time hand over at every safe place, and the run ends the same', async () => {
  const id = await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
  const whole = await bench.lastRun(id);
  await bench.database.pool.query('delete from mirror');
  await bench.database.pool.query('truncate source, blob cascade');
  const input = { mirror_name: 'sliced', source_root: upstream.url, mirror_mode: 'active' };
  const sliced = await createMirror(bench.deps, { channelId: bench.channel.id, input, run_now: true }, actor);
  const ends = await bench.work({ sliceMs: 30 });
  const run = await bench.lastRun(sliced);
  expect(run).toMatchObject({ state: 'completed', counts: whole.counts });
  expect(ends.length).toBeGreaterThan(1);
  expect(Number(run.fence)).toBe(ends.length);
});

async function localPackages(): Promise<number> {
  const { rows } = await bench.database.pool.query<{ n: number }>('select count(*)::int as n from inspection');
  return rows[0]!.n;
}

function packageRequests(): string[] {
  return upstream.asked.filter(({ path }) => /\.(conda|bz2)$/.test(path)).map(({ path }) => path);
}

/** Three kept files, each larger than what the faults of these tests let through. */
function someFiles(): [string, string, string] {
  const files = condaSubdirs.flatMap((subdir) => {
    const { packages, 'packages.conda': condas } = JSON.parse(
      readCondaIndex(subdir, 'repodata.json').toString(),
    ) as Repodata;
    const kept = [
      ...Object.entries(condas),
      ...Object.entries(packages).filter(([file]) => !(file.replace(/tar.bz2$/, 'conda') in condas)),
    ];
    return kept.filter(([, record]) => (record.size as number) > 5000).map(([file]) => `/${subdir}/${file}`);
  });
  return files.slice(0, 3) as [string, string, string];
}
