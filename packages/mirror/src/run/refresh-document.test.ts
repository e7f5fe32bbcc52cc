import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { areFactsHeld, collectUnheld, testRecord, type UpstreamServer } from '@sluice/testkit';
import { expect, test } from 'vitest';
import { actor, type Bench } from '../testing/bench.ts';
import { type Scene, sceneForEach } from '../testing/scene.ts';
import { runNow } from '../verbs/run-mirror.ts';

let pristine: string;
let channel: string;
let upstream: UpstreamServer;
let behaviour: Scene['behaviour'];
let bench: Bench;

sceneForEach((scene) => {
  ({ pristine, channel, upstream, behaviour, bench } = scene);
});

async function serve(validators = true): Promise<string> {
  behaviour.validators = validators;
  return bench.mirror({ source_root: upstream.url, filters: { subdirs: ['linux-64'] } });
}

async function again(id: string) {
  upstream.reset();
  await runNow(bench.deps, id, actor);
  await bench.work();
  const run = await bench.lastRun(id);
  expect(run).toMatchObject({ state: 'completed' });
  return run;
}

async function records() {
  const { rows } = await bench.database.pool.query<{ file: string; from_rev: number; v3: boolean; exports: string }>(
    `select file, from_rev, v3, convert_from(extra, 'UTF8') as exports from record
     where subdir = 'linux-64' and to_rev is null order by file`,
  );
  return rows;
}

const put = (name: string, text: string) => {
  writeFileSync(join(channel, 'linux-64', name), text);
  writeFileSync(join(channel, 'linux-64', `${name}.zst`), zstdCompressSync(text));
};
const zlib = 'zlib-1.2.11-h7b6447c_3.conda';
const asked = () =>
  upstream.asked
    .filter(({ path }) => path.startsWith('/linux-64/'))
    .map(({ path, status }) => `${status} ${path.replace('/linux-64/', '')}`);

test('run exports come from run_exports.json; a file it does not list has none that are known', async () => {
  const runExports = JSON.parse(readFileSync(join(channel, 'linux-64/run_exports.json'), 'utf8'));
  const listed = Object.keys({ ...runExports.packages, ...runExports['packages.conda'] });
  delete runExports.packages['zlib-1.2.11-h7b6447c_3.tar.bz2'];
  put('run_exports.json', JSON.stringify(runExports));
  await serve();
  const found = await records();
  expect(found.map(({ file }) => file)).toEqual(listed.sort());
  for (const { file, exports } of found) {
    if (file.endsWith('_3.tar.bz2')) expect(exports).toBe(null);
    else
      expect(JSON.parse(exports)).toEqual(
        runExports[file.endsWith('.conda') ? 'packages.conda' : 'packages'][file].run_exports ?? {},
      );
  }
});

test('a change of run exports alone is a change of those records', async () => {
  const id = await serve();
  const before = await records();
  const runExports = JSON.parse(readFileSync(join(channel, 'linux-64/run_exports.json'), 'utf8'));
  runExports['packages.conda'][zlib] = { run_exports: { weak: ['zlib >=1.2.11,<9'] } };
  put('run_exports.json', JSON.stringify(runExports));
  const run = await again(id);
  expect(asked()).toEqual(['200 run_exports.json.zst', '200 repodata.json.zst']);
  const after = await records();
  expect(after.filter(({ from_rev }) => from_rev === run.revision).map(({ file }) => file)).toEqual([zlib]);
  expect(after.find(({ file }) => file === zlib)!.exports).toBe('{"weak":["zlib >=1.2.11,<9"]}');
  expect(after.length).toBe(before.length);

  const same = await again(id);
  expect(asked()).toEqual(['304 run_exports.json.zst', '304 repodata.json.zst']);
  expect(same.revision).toBe(run.revision);
});

test('when only repodata.json changed, run_exports.json is read again and nothing else changes', async () => {
  const id = await serve();
  const repodata = JSON.parse(readFileSync(join(channel, 'linux-64/repodata.json'), 'utf8'));
  repodata['packages.conda'][zlib].license = 'changed';
  put('repodata.json', JSON.stringify(repodata));
  const run = await again(id);
  expect((await records()).filter(({ from_rev }) => from_rev === run.revision).map(({ file }) => file)).toContain(zlib);
  expect((await records()).every(({ exports }) => exports !== null)).toBe(true);
});

test('an upstream that has no run_exports.json, or a broken one, tells of none; it is asked again after a day', async () => {
  put('run_exports.json', '<html>');
  const id = await serve();
  expect((await records()).every(({ exports }) => exports === null)).toBe(true);
  await again(id);
  expect(asked()).toEqual(['304 repodata.json.zst']);
  await bench.database.pool.query(`update source_part set run_exports_absent_at = now() - interval '2 days'`);
  await again(id);
  expect(asked()).toEqual(['200 run_exports.json.zst', '200 run_exports.json', '304 repodata.json.zst']);
  await again(id);
  expect(asked()).toEqual(['304 repodata.json.zst']);
  await bench.database.pool.query(`update source_part set run_exports_absent_at = now() - interval '2 days'`);
  cpSync(join(pristine, 'linux-64'), join(channel, 'linux-64'), { recursive: true });
  await again(id);
  expect((await records()).every(({ exports }) => exports !== null)).toBe(true);
});

test('the same bytes without validators are not read: nothing is written', async () => {
  const id = await serve(false);
  const counts = async () => {
    const { rows } = await bench.database.pool.query(
      `select (select count(*) from record) as records, (select count(*) from facts) as facts,
        (select count(*) from blob) as blobs, (select max(revision) from source) as revision`,
    );
    return rows[0];
  };
  const before = await counts();
  await again(id);
  expect(asked()).toEqual(['200 run_exports.json.zst', '200 repodata.json.zst']);
  expect(await counts()).toEqual(before);
});

test('records that need the v3 maps are v3 wherever they stand; wheels are counted as failed', async () => {
  const sample = new URL('../../../formats/src/conda/testdata/v3-conditional-noarch.json', import.meta.url);
  const document = JSON.parse(readFileSync(sample, 'utf8').replaceAll('"noarch"', '"linux-64"'));
  document.v3 = { ...document.v3, whl: { 'wheel-1.0-py3_none_any': { name: 'wheel' } } };
  put('repodata.json', JSON.stringify(document));
  const id = await serve();
  const found = await records();
  const classic = { ...document.packages, ...document['packages.conda'] };
  const conditional = (file: string) => JSON.stringify(classic[file]?.depends ?? []).includes('when=');
  expect(found.length).toBe(7);
  expect(found.some(({ v3 }) => v3)).toBe(true);
  for (const { file, v3 } of found) expect([file, v3]).toEqual([file, !(file in classic) || conditional(file)]);
  const run = await bench.lastRun(id);
  expect(run.counts.failed).toBe(1);
});

/** An index with as many records as have columns written at once. */
function largeIndex(license: string): string {
  const names = Array.from({ length: 1000 }, (_, i) => `p${i}`);
  const listed = names.map((name) => [`${name}-1-0.conda`, testRecord(name, '1', { license })]);
  return JSON.stringify({ info: { subdir: 'linux-64' }, packages: {}, 'packages.conda': Object.fromEntries(listed) });
}

/** The digest of the only columns that are written. */
async function columnsKey(): Promise<string> {
  const { rows } = await bench.database.pool.query<{ key: string }>(
    "select encode(blob, 'hex') as key from facts where subdir = 'linux-64'",
  );
  expect(rows).toHaveLength(1);
  return rows[0]!.key;
}

test('when a new index is in, nobody holds the columns that it was compared with', async () => {
  put('repodata.json', largeIndex('MIT'));
  const id = await serve();
  put('repodata.json', largeIndex('BSD'));
  const key = await columnsKey();
  let isHeld: Promise<boolean> | undefined;
  bench.deps.onRefreshed = () => {
    collectUnheld();
    isHeld = areFactsHeld(key);
  };
  await again(id);
  expect(await isHeld).toBe(false);
});

test.each([true, false])(
  'these columns are read once, whether the upstream knows validators (%s)',
  async (validators) => {
    put('repodata.json', largeIndex('MIT'));
    const id = await serve(validators);
    put('repodata.json', largeIndex('BSD'));
    const key = await columnsKey();
    collectUnheld();
    let reads = 0;
    const { open } = bench.deps.storage;
    bench.deps.storage.open = (ref) => {
      if (ref.sha256 === key) reads += 1;
      return open(ref);
    };
    bench.deps.onRefreshed = collectUnheld;
    await again(id);
    expect(reads).toBe(1);
  },
);
