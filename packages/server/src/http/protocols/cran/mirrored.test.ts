import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseDcf, readFileTimes } from '@sluice/formats/cran';
import {
  type BuiltRPackage,
  buildCranTree,
  buildRPackage,
  startUpstreamServer,
  type UpstreamServer,
} from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let admin: string;
let demo: BuiltRPackage[];
let gone: BuiltRPackage;

const tree = () => join(folder, 'src/contrib');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cran-'));
  demo = await Promise.all(['0.9', '1.0', '1.1'].map((version) => buildRPackage({ name: 'demo', version })));
  gone = await buildRPackage({ name: 'gone', license: 'GPL-3' });
  buildCranTree(tree(), [demo[0]!, demo[1]!, gone], { withdrawn: ['gone'] });
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: `127.0.0.0/8,file://${folder}` } });
  admin = await app.adminToken();
});
afterEach(async () => {
  await app.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

async function mirrored(name: string, mirror: object = {}, state = 'completed') {
  await app.request('POST', '/api/channels', { token: admin, body: { name, privacy: 'public', types: ['r'] } });
  const answer = await app.request('POST', `/api/channels/${name}/mirrors`, {
    token: admin,
    body: { mirror_name: 'up', mirror_type: 'CRAN', source_root: upstream.url, run_now: true, ...mirror },
  });
  expect(answer.text).toContain('"mirror_name":"up"');
  const url = `/api/channels/${name}/mirrors/${answer.json.id}`;
  return ended(url, state);
}

async function ended(url: string, state: string) {
  await app.jobsDone();
  const made = await app.request('GET', url, { token: admin });
  expect(made.json, made.text).toMatchObject({ state });
  return { url, ...made.json };
}

async function again(url: string, state = 'completed') {
  expect((await app.request('POST', `${url}/run`, { token: admin })).text).not.toContain('problem');
  return ended(url, state);
}

const get = (path: string) => fetch(`${app.url}/api/repo/${path}`);
const bytesOf = async (path: string) => Buffer.from(await (await get(path)).arrayBuffer());
const listed = async (channel: string, of = 'src/contrib') =>
  (await (await get(`${channel}/cran/${of}/PACKAGES`)).text())
    .split('\n\n')
    .filter(Boolean)
    .map((text) => `${parseDcf(text).get('Package')} ${parseDcf(text).get('Version')}`);
const archived = async (channel: string) =>
  readFileTimes(gunzipSync(await bytesOf(`${channel}/cran/src/contrib/Meta/archive.rds`))).map(({ path }) => path);

describe('a mirrored repository', () => {
  it.each(['active', 'passive'])('shows the index and the archive of its upstream, %s', async (mirror_mode) => {
    await mirrored('c', { mirror_mode });
    expect(await listed('c')).toEqual(['demo 1.0']);
    expect(await archived('c')).toEqual(['demo/demo_0.9.tar.gz', 'gone/gone_1.0.tar.gz']);
    const asked = upstream.asked.filter(({ path }) => path.endsWith('tar.gz')).length;
    expect(asked).toBe(mirror_mode === 'active' ? 3 : 0);
    for (const [path, built] of [
      ['demo_1.0.tar.gz', demo[1]!],
      ['Archive/demo/demo_0.9.tar.gz', demo[0]!],
      ['Archive/gone/gone_1.0.tar.gz', gone],
    ] as const) {
      expect((await bytesOf(`c/cran/src/contrib/${path}`)).equals(built.bytes), path).toBe(true);
    }
    await app.jobsDone();
    const times = readFileTimes(gunzipSync(await bytesOf('c/cran/src/contrib/Meta/current.rds')));
    expect(times).toEqual([{ path: 'demo_1.0.tar.gz', size: demo[1]!.bytes.length, mtime: 1_750_086_400 }]);
  });

  it('follows its upstream; what is replaced stays installable', async () => {
    const { url } = await mirrored('c');
    await again(url);
    expect(upstream.asked.filter(({ status }) => status === 304).map(({ path }) => path)).toEqual([
      '/src/contrib/Meta/archive.rds',
      '/src/contrib/PACKAGES.gz',
    ]);
    buildCranTree(tree(), [...demo, gone], { withdrawn: ['gone'] });
    await again(url);
    expect(await listed('c')).toEqual(['demo 1.1']);
    expect(await archived('c')).toEqual(['demo/demo_0.9.tar.gz', 'demo/demo_1.0.tar.gz', 'gone/gone_1.0.tar.gz']);
    expect((await bytesOf('c/cran/src/contrib/Archive/demo/demo_1.0.tar.gz')).equals(demo[1]!.bytes)).toBe(true);
    expect((await bytesOf('c/cran/src/contrib/demo_1.0.tar.gz')).equals(demo[1]!.bytes)).toBe(true);
    buildCranTree(tree(), [...demo, gone], { withdrawn: ['gone', 'demo'] });
    await writeEmptyElsewhere();
    await again(url);
    expect(await listed('c')).toEqual(['other 1.0']);
  });

  /** An index that is not empty: one without packages is taken for a broken upstream. */
  async function writeEmptyElsewhere(): Promise<void> {
    const other = await buildRPackage({ name: 'other' });
    buildCranTree(tree(), [...demo, gone, other], { withdrawn: ['gone', 'demo'] });
  }

  it('lists an older version where rules refuse the newest, and says why at the door', async () => {
    const { url } = await mirrored('c');
    buildCranTree(tree(), [...demo, gone]);
    await again(url);
    await app.request('PUT', url, { token: admin, body: { filters: { exclude_specs: ['demo >=1.1', 'gone'] } } });
    await again(url);
    expect(await listed('c')).toEqual(['demo 1.0']);
    for (const file of ['demo_1.1.tar.gz', 'Archive/gone/gone_1.0.tar.gz']) {
      const refused = await get(`c/cran/src/contrib/${file}`);
      const body = (await refused.json()) as { code: string; detail: string };
      expect([refused.status, body.code]).toEqual([403, 'policy_denied']);
      expect(body.detail).toContain('exclude_specs');
      expect(refused.statusText).toBe(body.detail.slice(0, 200));
    }
  });

  it('brings binaries in where its filter names them', async () => {
    const binary = await buildRPackage({ name: 'demo', format: 'zip' });
    buildCranTree(join(folder, 'bin/windows/contrib/4.5'), [binary]);
    await mirrored('c', { filters: { trees: ['src/contrib', 'bin/windows/contrib/4.5'] } });
    await mirrored('sources');
    expect(await listed('c', 'bin/windows/contrib/4.5')).toEqual(['demo 1.0']);
    expect((await bytesOf('c/cran/bin/windows/contrib/4.5/demo_1.0.zip')).equals(binary.bytes)).toBe(true);
    expect(await listed('sources', 'bin/windows/contrib/4.5')).toEqual([]);
    expect(await listed('sources')).toEqual(['demo 1.0']);
  });

  it('brings Linux binaries in, asking as R does', async () => {
    const Built = 'R 4.5.0; ; 2026-01-02 03:04:05 UTC; unix';
    const built = await buildRPackage({ name: 'demo', fields: { Built } });
    const place = join(folder, '__linux__/jammy/latest/src/contrib');
    buildCranTree(place, [demo[1]!]);
    writeFileSync(join(place, built.fileName), built.bytes);
    await mirrored('c', { filters: { trees: ['src/contrib', '__linux__/jammy/4.5'] } });
    const path = 'c/cran/__linux__/jammy/src/contrib/demo_1.0.tar.gz';
    const client = { 'user-agent': 'R (4.5.1 x86_64-pc-linux-gnu x86_64 linux-gnu)' };
    const answer = await fetch(`${app.url}/api/repo/${path}`, { headers: client });
    expect([answer.status, answer.headers.get('x-package-type')]).toEqual([200, 'binary']);
    expect(Buffer.from(await answer.arrayBuffer()).equals(built.bytes)).toBe(true);
    expect((await bytesOf(path)).equals(demo[1]!.bytes)).toBe(true);
    const asked = upstream.asked.filter(({ path }) => path.startsWith('/__linux__/jammy/latest') && path.endsWith('z'));
    expect(asked.map(({ headers }) => headers['user-agent'])).toEqual(
      asked.map(() => 'R (4.5.0 x86_64-pc-linux-gnu x86_64 linux-gnu)'),
    );
    expect(asked.length).toBe(2);
  });

  it('shows days before its first publication by when files came', async () => {
    buildCranTree(tree(), [...demo, gone], { withdrawn: ['gone'] });
    await mirrored('c');
    for (const [day, wanted] of [
      ['2025-06-14', []],
      ['2025-06-15', ['demo 0.9']],
      ['2025-06-16', ['demo 1.0']],
      ['2025-06-18', ['demo 1.1', 'gone 1.0']],
      [new Date(Date.now() + 60_000).toISOString(), ['demo 1.1']],
    ] as const) {
      expect([day, await listed(`c@${day}`)]).toEqual([day, wanted]);
    }
    const at = 'c@2025-06-16/cran/src/contrib';
    const answer = await get(`${at}/PACKAGES.gz`);
    expect(answer.headers.get('x-sluice-derived')).toBe('upload-time');
    expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).toString()).toBe(
      await (await get(`${at}/PACKAGES`)).text(),
    );
    const archive = readFileTimes(gunzipSync(await bytesOf(`${at}/Meta/archive.rds`)));
    expect(archive.map(({ path }) => path)).toEqual(['demo/demo_0.9.tar.gz']);
    expect((await bytesOf(`${at}/demo_1.0.tar.gz`)).equals(demo[1]!.bytes)).toBe(true);
    expect((await get('c@2025-06-16/cran/bin/windows/contrib/4.5/PACKAGES')).status).toBe(200);
  });

  it('is found in order by a deep check', async () => {
    const { url } = await mirrored('c', { mirror_mode: 'active' });
    buildCranTree(tree(), [...demo, gone]);
    await again(url);
    const begun = await app.request('POST', '/api/maintenance/check', { token: admin, body: { deep: true } });
    await app.jobsDone();
    const report = await app.request('GET', `/api/maintenance/${begun.json.id}`, { token: admin });
    expect(report.json, report.text).toMatchObject({
      state: 'completed',
      check: { deep: true, entries: 2, findings: [] },
    });
  });

  it('can be tried before it is made', async () => {
    await app.request('POST', '/api/channels', { token: admin, body: { name: 'c', privacy: 'public', types: ['r'] } });
    const body = {
      mirror_name: 'up',
      mirror_type: 'CRAN',
      source_root: upstream.url,
      filters: { exclude_specs: ['demo (< 1.0)'] },
    };
    const tried = await app.request('POST', '/api/channels/c/mirrors/dry_run', { token: admin, body });
    expect(tried.json, tried.text).toMatchObject({
      count: { total: 3, mirror_filtered: { exclude_specs: 1 }, passive: 2 },
    });
    expect(await listed('c')).toEqual([]);
  });

  it.each(['src/contrib', '.'])('may be a folder of packages without an index, in %s', async (place) => {
    rmSync(join(folder, 'src'), { recursive: true });
    mkdirSync(join(folder, place), { recursive: true });
    for (const built of [demo[0]!, demo[1]!]) writeFileSync(join(folder, place, built.fileName), built.bytes);
    writeFileSync(join(folder, place, 'bad_1.0.tar.gz'), 'no archive');
    const { url, sync_state } = await mirrored('c', { source_root: folder });
    expect(sync_state.count).toMatchObject({ failed: 1, passive: 2 });
    expect(await listed('c')).toEqual(['demo 1.0']);
    expect(await archived('c')).toEqual(['demo/demo_0.9.tar.gz']);
    expect((await bytesOf('c/cran/src/contrib/Archive/demo/demo_0.9.tar.gz')).equals(demo[0]!.bytes)).toBe(true);
    writeFileSync(join(folder, place, demo[2]!.fileName), demo[2]!.bytes);
    await again(url);
    expect(await listed('c')).toEqual(['demo 1.1']);
  });
});
