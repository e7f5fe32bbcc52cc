import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { encode } from '@msgpack/msgpack';
import { encodeShard, encodeShardIndex, type ShardRecord } from '@sluice/formats/conda';
import { parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import {
  condaSubdirs,
  type Fault,
  removeCondaDocuments,
  type ShardStyle,
  type UpstreamServer,
  writeCondaShards,
} from '@sluice/testkit';
import { describe, expect, test } from 'vitest';
import { actor, type Bench } from '../testing/bench.ts';
import { sceneForEach } from '../testing/scene.ts';
import { runNow } from '../verbs/run-mirror.ts';

// The 47 real packages as an upstream with shards, through whole runs on a real database.

let channel: string;
let upstream: UpstreamServer;
let bench: Bench;

sceneForEach((scene) => {
  ({ channel, upstream, bench } = scene);
});

function shardAll(style: ShardStyle = {}): void {
  for (const subdir of condaSubdirs) writeCondaShards(channel, subdir, style);
}

function onlyShards(): void {
  for (const subdir of condaSubdirs) removeCondaDocuments(channel, subdir);
}

async function again(mirrorId: string) {
  upstream.reset();
  await runNow(bench.deps, mirrorId, actor);
  await bench.work();
  return bench.lastRun(mirrorId);
}

async function mirror() {
  const id = await bench.mirror({ source_root: upstream.url, filters: { subdirs: condaSubdirs } });
  const run = await bench.lastRun(id);
  expect(run).toMatchObject({ state: 'completed', error_text: null });
  return { id, run };
}

interface LiveRow {
  subdir: string;
  file: string;
  v3: boolean;
  body: Buffer;
  extra: Buffer | null;
}

/** What is live now, texts parsed: a shard has other blanks and another order of keys than repodata.json. */
async function live(revision = Number.MAX_SAFE_INTEGER) {
  const { rows } = await bench.database.pool.query<LiveRow>(
    `select subdir, file, body, v3, extra from record
     where from_rev <= $1 and (to_rev is null or to_rev > $1) order by subdir, file`,
    [Math.min(revision, 2 ** 31 - 1)],
  );
  return rows.map(({ body, extra, ...row }) => ({
    ...row,
    body: JSON.parse(body.toString()) as object,
    runExports: extra && (JSON.parse(extra.toString()) as object),
  }));
}

async function shardRows() {
  const { rows } = await bench.database.pool.query<{
    subdir: string;
    name: string;
    from_rev: number;
    to_rev: number | null;
    signature: Buffer | null;
  }>('select subdir, name, from_rev, to_rev, signature from source_shard order by subdir, name, from_rev');
  return rows;
}

const askedShards = () => upstream.asked.filter(({ path }) => path.includes('/shards/')).map(({ path }) => path);

describe('an upstream with shards', () => {
  test('has the records that its documents have, and its documents are not asked for', async () => {
    await mirror();
    const wanted = await live();
    expect(wanted.some(({ runExports }) => runExports !== null && Object.keys(runExports).length > 0)).toBe(true);
    await bench.database.pool.query('truncate record, source_shard, source_part, facts, mirror, run cascade');

    shardAll();
    upstream.reset();
    await mirror();
    expect(await live()).toEqual(wanted);
    expect(upstream.asked.filter(({ path }) => path.includes('.json'))).toEqual([]);
    const rows = await shardRows();
    expect(rows.length).toBeGreaterThan(20);
    for (const { signature, to_rev } of rows) expect([signature!.length % 8, to_rev]).toEqual([0, null]);
    const words = rows.reduce((sum, { signature }) => sum + signature!.length / 8, 0);
    expect(words).toBe(wanted.length);
  });

  test('costs a question a subdir while nothing changes', async () => {
    shardAll();
    const { id, run } = await mirror();
    const same = await again(id);
    expect(upstream.asked.map(({ path, status }) => `${status} ${path}`)).toEqual(
      condaSubdirs.map((subdir) => `304 /${subdir}/repodata_shards.msgpack.zst`),
    );
    expect(same.revision).toBe(run.revision);
  });

  test('is asked only for the shards that changed', async () => {
    shardAll();
    const { id, run } = await mirror();
    const before = await live();
    const file = join(channel, 'linux-64/repodata.json');
    const repodata = JSON.parse(readFileSync(file, 'utf8'));
    repodata['packages.conda']['zlib-1.2.11-h7b6447c_3.conda'].license = 'changed';
    delete repodata.packages['xtensor-io-0.10.3-hb585cf6_0.tar.bz2'];
    writeFileSync(file, JSON.stringify(repodata));
    const digests = writeCondaShards(channel, 'linux-64');
    const changed = await again(id);
    expect(askedShards()).toEqual([`/linux-64/shards/${digests.get('zlib')}.msgpack.zst`]);
    expect(changed.revision).toBe(run.revision! + 1);
    const now = await live();
    expect(now.length).toBe(before.length - 1);
    expect(now.filter((row) => !before.some((old) => JSON.stringify(old) === JSON.stringify(row)))).toMatchObject([
      { file: 'zlib-1.2.11-h7b6447c_3.conda', body: { license: 'changed' } },
    ]);
    expect(await live(run.revision!)).toEqual(before);
    const rows = (await shardRows()).filter(({ subdir }) => subdir === 'linux-64');
    const ended = changed.revision;
    expect(rows.map(({ name, from_rev, to_rev }) => [name, from_rev === ended, to_rev])).toEqual([
      ['xtensor-io', false, ended],
      ['zlib', false, ended],
      ['zlib', true, null],
    ]);
  });

  test('takes shards that are here for its own before it relies on them', async () => {
    shardAll();
    await mirror();
    await bench.database.pool.query('truncate record, source_shard, source_part, facts, mirror, run cascade');
    await bench.database.pool.query('update blob set condemned_at = now()');
    // A collection that is about to remove what was condemned: it has its rows, and the run waits for its end.
    const collector = await bench.database.pool.connect();
    await collector.query('begin');
    await collector.query("set local lock_timeout = '5s'");
    await collector.query('select from blob order by sha256 for update');
    upstream.reset();
    const running = mirror();
    await expect.poll(async () => (await waiting()) > 0).toBe(true);
    await collector.query('delete from blob where sha256 in (select sha256 from blob where pack is not null)');
    await collector.query('commit');
    collector.release();
    await running;
    expect(askedShards().length).toBeGreaterThan(20);
  });

  /** Statements that wait for somebody's lock. */
  async function waiting(): Promise<number> {
    const { rows } = await bench.database.pool.query<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows[0]!.n;
  }

  test('may turn to documents and back', async () => {
    const { id, run } = await mirror();
    const wanted = await live();
    shardAll();
    const believed = await again(id);
    expect(askedShards()).toEqual([]);
    expect(believed.revision).toBe(run.revision);

    await bench.database.pool.query('update source_part set shards_absent_at = null');
    await again(id);
    expect(await live()).toEqual(wanted);
    expect((await shardRows()).every(({ to_rev }) => to_rev === null)).toBe(true);

    for (const subdir of condaSubdirs) rmSync(join(channel, subdir, 'repodata_shards.msgpack.zst'));
    await again(id);
    expect(await live()).toEqual(wanted);
    expect((await shardRows()).some(({ to_rev }) => to_rev === null)).toBe(false);
  });

  const hex = (records: readonly ShardRecord[]) =>
    encode({ packages: mapOf(records, 'packages'), 'packages.conda': mapOf(records, 'packages.conda'), removed: [] });
  function mapOf(records: readonly ShardRecord[], bucket: string) {
    const of = records.filter((record) => record.bucket === bucket);
    return Object.fromEntries(of.map(({ fn, record, run_exports }) => [fn, { ...record, run_exports }]));
  }

  test.each<[string, ShardStyle, boolean]>([
    ['base URLs without their slash', { shardsBaseUrl: 'shards', baseUrl: '' }, true],
    ['an absolute base URL', { shardsBaseUrl: 'SELF' }, true],
    ['digests as text', { encodeShard: hex }, false],
    [
      'digests as lists of integers',
      {
        encodeIndex: (info, shards) =>
          encode({
            info,
            shards: Object.fromEntries([...shards].map(([name, sha]) => [name, [...sha256ToBytes(sha)]])),
          }),
      },
      true,
    ],
    [
      'a map missing',
      {
        encodeShard: (records) => {
          const maps = { packages: mapOf(records, 'packages'), 'packages.conda': mapOf(records, 'packages.conda') };
          return encode(Object.fromEntries(Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0)));
        },
      },
      false,
    ],
  ])('may have %s', async (_, style, mayBeHandedOn) => {
    await mirror();
    const wanted = (await live()).filter(({ subdir }) => subdir === 'noarch');
    await bench.database.pool.query('truncate record, source_shard, source_part, facts, mirror, run cascade');
    const shardsBaseUrl = style.shardsBaseUrl === 'SELF' ? `${upstream.url}/noarch/shards/` : style.shardsBaseUrl;
    writeCondaShards(channel, 'noarch', { ...style, ...(shardsBaseUrl === undefined ? {} : { shardsBaseUrl }) });
    onlyShards();
    await bench.mirror({ source_root: upstream.url, filters: { subdirs: ['noarch'] } });
    expect((await live()).filter(({ subdir }) => subdir === 'noarch')).toEqual(wanted);
    const handedOn = (await shardRows()).filter(({ signature }) => signature !== null).length;
    if (mayBeHandedOn) expect(handedOn).toBeGreaterThan(10);
    else expect(handedOn).toBe(0);
  });

  test('whose index is none, or of another version, is read by its documents', async () => {
    shardAll({ encodeIndex: (info, shards) => encode({ version: 2, info, shards: Object.fromEntries(shards) }) });
    writeFileSync(join(channel, 'noarch/repodata_shards.msgpack.zst'), '<html>');
    await mirror();
    expect((await live()).length).toBeGreaterThan(40);
    expect(askedShards()).toEqual([]);
  });

  test('may list a name in capitals, too: the files of the other one stay', async () => {
    const listWith = (capitals: readonly ShardRecord[]) => {
      const shard = zstdCompressSync(encodeShard({ records: capitals, removed: [] }));
      const sha256 = createHash('sha256').update(shard).digest('hex');
      writeCondaShards(channel, 'linux-64', {
        encodeIndex: (info, shards) => encodeShardIndex(info as never, [...shards, ['Zlib', parseSha256(sha256)]]),
      });
      writeFileSync(join(channel, 'linux-64/shards', `${sha256}.msgpack.zst`), shard);
    };
    listWith([]);
    const id = await bench.mirror({ source_root: upstream.url, filters: { subdirs: ['linux-64'] } });
    const before = await live();
    expect(before.filter(({ file }) => file.startsWith('zlib-')).length).toBeGreaterThan(1);
    const record = { name: 'Zlib', version: '9', build: '0', build_number: 0, depends: [] };
    listWith([{ bucket: 'packages.conda', fn: 'Zlib-9-0.conda', record }]);
    expect(await again(id)).toMatchObject({ state: 'completed' });
    expect(await live()).toEqual(before);
    listWith([{ bucket: 'packages.conda', fn: 'zlib-9-0.conda', record }]);
    await again(id);
    const files = (rows: { file: string }[]) => rows.map(({ file }) => file).sort();
    expect(files(await live())).toEqual(files([...before, { file: 'zlib-9-0.conda' }]));
  });

  test('the sample of an early writer is read', async () => {
    const sample = new URL('../../../formats/src/conda/testdata/conda-shards-sample/', import.meta.url);
    for (const name of readdirSync(sample)) cpSync(new URL(name, sample), join(channel, 'linux-64', name));
    await bench.mirror({ source_root: upstream.url, filters: { subdirs: ['linux-64'] } });
    const rows = await shardRows();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ signature }) => signature === null)).toBe(true);
  });
});

describe('shards that fail', () => {
  test.each<[string, Fault, string, number | null]>([
    ['are denied now', { status: 401 }, 'upstream_denied', 401],
    ['lead round in a circle', { location: (path) => path }, 'upstream_malformed', null],
  ])('because they %s, where there is nothing else, are what the run failed at', async (_, fault, code, status) => {
    shardAll();
    onlyShards();
    const { id } = await mirror();
    upstream.reset();
    upstream.fail(/repodata_shards/, fault);
    await runNow(bench.deps, id, actor);
    await bench.work();
    expect(await bench.lastRun(id)).toMatchObject({
      state: 'failed',
      error_code: code,
      failed_request: { url: expect.stringContaining('repodata_shards.msgpack.zst'), status },
    });
  });

  test.each<[string, object, string]>([
    ['are cut short', { cutAfter_bytes: 40 }, 'upstream_unavailable'],
    ['have other bytes', { wrongBytes: true }, 'digest_mismatch'],
    ['are not there', { status: 404 }, 'upstream_missing'],
    ['cannot be had', { status: 503 }, 'upstream_unavailable'],
  ])('because they %s leave everything as it was, and what came whole is not fetched again', async (_, fault, code) => {
    shardAll();
    const { id, run } = await mirror();
    const before = await live();
    const file = join(channel, 'noarch/repodata.json');
    const repodata = JSON.parse(readFileSync(file, 'utf8'));
    for (const map of ['packages', 'packages.conda']) {
      for (const record of Object.values<{ license: string }>(repodata[map])) record.license = 'changed';
    }
    writeFileSync(file, JSON.stringify(repodata));
    const digests = writeCondaShards(channel, 'noarch');
    const bad = `/noarch/shards/${[...digests.values()].at(-1)}.msgpack.zst`;
    upstream.reset();
    upstream.fail(bad, fault);
    await runNow(bench.deps, id, actor);
    await bench.work();
    expect(await bench.lastRun(id)).toMatchObject({ state: 'failed', error_code: code });
    expect(await live()).toEqual(before);
    const { rows } = await bench.database.pool.query<{ revision: number }>(
      'select max(revision) as revision from source',
    );
    expect(rows[0]!.revision).toBe(run.revision);

    await again(id);
    // Those under way when it failed are asked for once more, too.
    expect(askedShards()).toContain(bad);
    expect(askedShards().length).toBeLessThanOrEqual(digests.size / 2);
    const changed = (await live()).filter(({ subdir }) => subdir === 'noarch');
    expect(changed.every(({ body }) => (body as { license: string }).license === 'changed')).toBe(true);
  });

  test('because the index moved on meanwhile are looked for in the new one', async () => {
    shardAll();
    const { id } = await mirror();
    const file = join(channel, 'linux-64/repodata.json');
    const change = (license: string) => {
      const repodata = JSON.parse(readFileSync(file, 'utf8'));
      repodata['packages.conda']['zlib-1.2.11-h7b6447c_3.conda'].license = license;
      writeFileSync(file, JSON.stringify(repodata));
      return writeCondaShards(channel, 'linux-64').get('zlib')!;
    };
    const first = change('first');
    const shard = `/linux-64/shards/${first}.msgpack.zst`;
    const moveOn = async () => {
      // While the first shard is asked for, the upstream moves on.
      await expect.poll(() => upstream.count(shard)).toBe(1);
      change('second');
      rmSync(join(channel, shard));
    };
    upstream.reset();
    const until = moveOn();
    upstream.fail(shard, { until, times: 1 });
    await runNow(bench.deps, id, actor);
    await bench.work();
    await until;
    expect(await bench.lastRun(id)).toMatchObject({ state: 'completed' });
    const zlib = (await live()).find((row) => row.file === 'zlib-1.2.11-h7b6447c_3.conda');
    expect(zlib).toMatchObject({ body: { license: 'second' } });
  });

  test('because they list files of another package are refused as a whole', async () => {
    const foreign: ShardRecord = {
      bucket: 'packages.conda',
      fn: 'other-1-0.conda',
      record: { name: 'other', version: '1', build: '0' },
    };
    writeCondaShards(channel, 'noarch', {
      encodeShard: (records) => encodeShard({ records: [...records, foreign], removed: [] }),
    });
    const id = await bench.mirror({ source_root: upstream.url, filters: { subdirs: ['noarch'] } });
    expect(await bench.lastRun(id)).toMatchObject({ state: 'failed', error_code: 'shard_broken' });
    expect(await live()).toEqual([]);
  });

  test('an index cut short fails the run, and nothing falls back to older documents', async () => {
    shardAll();
    const whole = encodeShardIndex({ subdir: 'noarch', base_url: './', shards_base_url: './shards/' }, []);
    const bytes = zstdCompressSync(whole);
    writeFileSync(join(channel, 'noarch/repodata_shards.msgpack.zst'), bytes.subarray(0, bytes.length - 3));
    const id = await bench.mirror({ source_root: upstream.url, filters: { subdirs: ['noarch'] } });
    expect(await bench.lastRun(id)).toMatchObject({ state: 'failed', error_code: 'upstream_unavailable' });
  });
});
