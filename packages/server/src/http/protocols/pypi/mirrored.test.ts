import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildSdist,
  buildWheel,
  type IndexedFile,
  indexedFile,
  type SimpleIndexStyle,
  startUpstreamServer,
  type UpstreamServer,
  writeSimpleIndex,
} from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

let app: TestApp;
let now = Date.now();
let folder: string;
let upstream: UpstreamServer;

beforeAll(async () => {
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' }, clock: () => new Date(now) });
  folder = mkdtempSync(join(tmpdir(), 'index-'));
  upstream = await startUpstreamServer({ folder });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => upstream.reset());

const json = 'application/vnd.pypi.simple.v1+json';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
let channels = 0;

async function demo(version: string, said: Record<string, unknown> = {}): Promise<IndexedFile> {
  return indexedFile(await buildWheel({ name: 'demo', version, fields: { License: 'MIT' } }), said);
}

function serveIndex(projects: Record<string, IndexedFile[]>, style: SimpleIndexStyle = {}): void {
  writeSimpleIndex(folder, projects, style);
}

/** A public channel with a mirror of the index. */
async function mirrored(mirror: Record<string, unknown> = {}, source = `${upstream.url}/simple`): Promise<string> {
  const token = await app.adminToken();
  const name = `mirror${++channels}`;
  const made = await app.request('POST', '/api/channels', {
    token,
    body: { name, privacy: 'public', types: ['python'] },
  });
  expect(made.status).toBe(201);
  const body = { mirror_name: 'index', mirror_type: 'python_simple', source_root: source, run_now: true, ...mirror };
  const answer = await app.request('POST', `/api/channels/${name}/mirrors`, { token, body });
  expect(answer.text).toContain('index');
  await app.jobsDone();
  return name;
}

async function page(channel: string, project: string) {
  const answer = await app.request('GET', `/api/repo/${channel}/simple/${project}/`, { headers: { accept: json } });
  return { ...answer, files: (answer.json?.files ?? []) as { filename: string; url: string }[] };
}

async function download(channel: string, url: string): Promise<Response> {
  return fetch(new URL(url, `${app.url}/api/repo/${channel}/simple/demo/`));
}

test('a project that nobody asked for before is fetched, published and served; so are its files and what stands beside them', async () => {
  const wheel = await demo('1.0');
  const sdist = indexedFile(await buildSdist({ name: 'demo', version: '1.0' }));
  serveIndex({ demo: [wheel, sdist], other: [] });
  const channel = await mirrored();
  const found = await page(channel, 'demo');
  expect([found.status, found.files.map(({ filename }) => filename)]).toEqual([
    200,
    [sdist.fileName, wheel.fileName].sort(),
  ]);
  const { url } = found.files.find(({ filename }) => filename === wheel.fileName)!;
  expect(sha256(new Uint8Array(await (await download(channel, url)).arrayBuffer()))).toBe(sha256(wheel.bytes));
  expect(await (await download(channel, `${url}.metadata`)).text()).toBe(wheel.metadata);
  expect((await page(channel, 'nothing')).status).toBe(404);
  expect(upstream.count('/simple/demo/')).toBe(1);
});

test('metadata of wheels is there also where the upstream has none', async () => {
  const wheel = await demo('1.0');
  serveIndex({ demo: [wheel] }, { metadata: false, forms: ['html'] });
  const channel = await mirrored();
  const { files } = await page(channel, 'demo');
  expect(await (await download(channel, `${files[0]!.url}.metadata`)).text()).toBe(wheel.metadata);
});

test('a page that is old is asked for again, and served with a warning when that fails', async () => {
  serveIndex({ demo: [await demo('1.0')] });
  const channel = await mirrored();
  await page(channel, 'demo');
  const asked = now;
  now += 11 * 60_000;
  serveIndex({ demo: [await demo('1.0'), await demo('2.0')] });
  upstream.fail('/simple/demo/', { status: 500 });
  const stale = await page(channel, 'demo');
  expect([stale.status, stale.files.length, stale.headers.get('x-sluice-stale')]).toEqual([
    200,
    1,
    new Date(asked).toISOString(),
  ]);
  expect(stale.headers.get('warning')).toMatch(/^110 /);
  upstream.reset();
  now += 60_000;
  await new Promise((resolve) => setTimeout(resolve, 0));
  const failing = await page(channel, 'unknown');
  expect(failing.status).toBe(404);
  upstream.fail(/unseen/, { status: 500 });
  expect((await page(channel, 'unseen')).status).toBe(502);
  const path = `/api/repo/${channel}/simple/unseen/`;
  const pip = await app.request('GET', path, { headers: { accept: json, 'user-agent': 'pip/26.3 {}' } });
  expect([pip.status, pip.headers.get('content-type')]).toEqual([200, expect.stringMatching(/reason="[^"]*500/)]);
});

test('an older lock file names a file of a project nobody asked for: it is asked for first', async () => {
  const wheel = await demo('1.0');
  serveIndex({ demo: [wheel] });
  const channel = await mirrored();
  const got = await fetch(`${app.url}/api/repo/${channel}/pypi/demo/${wheel.fileName}`);
  expect([got.status, sha256(new Uint8Array(await got.arrayBuffer()))]).toEqual([200, sha256(wheel.bytes)]);
});

test.each([
  ['a wrong hash', '4.1', { wrongBytes: true }],
  ['a cut', '4.2', { cutAfter_bytes: 100 }],
])('a file that comes with %s is not served and not kept', async (_, version, fault) => {
  const wheel = await demo(version);
  serveIndex({ demo: [wheel] });
  const channel = await mirrored();
  const { files } = await page(channel, 'demo');
  upstream.fail(`/files/${wheel.fileName}`, fault);
  const got = await download(channel, files[0]!.url)
    .then((answer) => answer.arrayBuffer())
    .catch(() => undefined);
  expect(got === undefined || sha256(new Uint8Array(got)) !== sha256(wheel.bytes)).toBe(true);
  upstream.reset();
  const again = await download(channel, files[0]!.url);
  expect(sha256(new Uint8Array(await again.arrayBuffer()))).toBe(sha256(wheel.bytes));
});

test('the list of projects is that of the upstream, as far as rules let names through, and what the channel shows', async () => {
  serveIndex({ demo: [await demo('1.0')], 'evil-one': [], other: [] });
  const channel = await mirrored({ filters: { exclude_specs: ['evil-*'] } });
  const list = async () => {
    const answer = await app.request('GET', `/api/repo/${channel}/simple/`, { headers: { accept: json } });
    return (answer.json.projects as { name: string }[]).map(({ name }) => name);
  };
  expect(await list()).toEqual(['demo', 'other']);
  now += 11 * 60_000;
  serveIndex({ demo: [await demo('1.0')], 'evil-one': [], fresh: [] });
  await list();
  await app.jobsDone();
  expect(await list()).toEqual(['demo', 'fresh']);
  expect((await page(channel, 'evil-one')).status).not.toBe(200);
  expect(upstream.count('/simple/evil-one/')).toBe(0);
});

test('the list of a frozen channel stays until it is unfrozen', async () => {
  serveIndex({ demo: [await demo('1.0')] });
  const channel = await mirrored();
  const token = await app.adminToken();
  const listed = async () => {
    const answer = await app.request('GET', `/api/repo/${channel}/simple/`, { headers: { accept: json } });
    return (answer.json.projects as { name: string }[]).map(({ name }) => name);
  };
  const freeze = (frozen: boolean) =>
    app.request('PUT', `/api/channels/${channel}`, {
      token,
      body: { indexing_behavior: frozen ? 'frozen' : 'default' },
    });
  expect((await freeze(true)).status).toBe(200);
  serveIndex({ demo: [await demo('1.0')], new: [] });
  // Who asks for a list that is old has the mirror run.
  now += 11 * 60_000;
  await listed();
  await app.jobsDone();
  expect(upstream.count('/simple/')).toBe(2);
  expect(await listed()).toEqual(['demo']);
  expect((await freeze(false)).status).toBe(200);
  await app.jobsDone();
  expect(await listed()).toEqual(['demo', 'new']);
});

test('a mirror of some projects brings these in; platforms, versions of Python and newest versions are filters', async () => {
  const wheels = [
    await demo('1.0'),
    await demo('2.0'),
    indexedFile(await buildWheel({ name: 'demo', version: '3.0', tag: 'cp312-cp312-manylinux_2_17_x86_64' })),
    indexedFile(await buildWheel({ name: 'demo', version: '3.0', tag: 'cp311-cp311-manylinux_2_17_x86_64' })),
    indexedFile(await buildWheel({ name: 'demo', version: '3.0', tag: 'cp312-cp312-win_amd64' })),
  ];
  serveIndex({ demo: wheels, other: [] });
  const filters = { projects: ['Demo'], platforms: ['linux-64'], python_versions: ['3.12'], latest_versions: 2 };
  const channel = await mirrored({ mirror_mode: 'active', filters });
  const { files } = await page(channel, 'demo');
  expect(files.map(({ filename }) => filename)).toEqual([
    'demo-2.0-py3-none-any.whl',
    'demo-3.0-cp312-cp312-manylinux_2_17_x86_64.whl',
  ]);
  expect(upstream.count(`/files/${wheels[2]!.fileName}`)).toBe(1);
  expect((await page(channel, 'other')).status).toBe(404);
  const token = await app.adminToken();
  const { json: mirrors } = await app.request('GET', `/api/channels/${channel}/mirrors`, { token });
  const counts = (mirrors.items ?? mirrors)[0].sync_state?.count ?? (mirrors.items ?? mirrors)[0].count;
  expect(counts).toMatchObject({
    total: 5,
    active: 2,
    mirror_filtered: { platform: 1, python: 1, latest_versions: 1 },
  });
});

test('a second Sluice mirrors the first, and gives the same files', async () => {
  const wheel = await demo('1.0', { 'requires-python': '>=3.8', yanked: 'broken' });
  serveIndex({ demo: [wheel] });
  const first = await mirrored();
  const second = await mirrored({}, `${app.url}/api/repo/${first}`);
  const [one, two] = [await page(first, 'demo'), await page(second, 'demo')];
  expect(two.text).toBe(one.text);
  const got = await download(second, two.files[0]!.url);
  expect(sha256(new Uint8Array(await got.arrayBuffer()))).toBe(sha256(wheel.bytes));
});

test('a day before anybody asked shows what was uploaded by then, and says that it was worked out', async () => {
  const [older, newer] = [
    await demo('1.0', { 'upload-time': '2025-01-02T03:04:05Z' }),
    await demo('2.0', { 'upload-time': '2025-06-01T00:00:00Z' }),
  ];
  serveIndex({ demo: [older, newer] });
  const channel = await mirrored();
  const day = `${channel}@2025-03-01`;
  const then = await page(day, 'demo');
  expect([then.status, then.files.map(({ filename }) => filename)]).toEqual([200, [older.fileName]]);
  expect(then.headers.get('x-sluice-derived')).toBe('upload-time');
  const got = async (file: IndexedFile) =>
    (await fetch(`${app.url}/api/repo/${day}/pypi/demo/${file.fileName}`)).status;
  expect([await got(older), await got(newer)]).toEqual([200, 404]);
  expect((await page(`${channel}@2024-01-01`, 'demo')).status).not.toBe(200);
  expect((await page(channel, 'demo')).headers.get('x-sluice-derived')).toBeNull();
});

test('a project in quarantine offers no files, and says so; so does what is archived', async () => {
  const status = (text: string) => ({ 'project-status': { status: text, reason: 'because' } });
  serveIndex(
    { bad: [], demo: [await demo('1.0')] },
    { pages: { bad: status('quarantined'), demo: status('archived') } },
  );
  const channel = await mirrored();
  const bad = await page(channel, 'bad');
  expect([bad.status, bad.json]).toMatchObject([200, { files: [], ...status('quarantined') }]);
  expect((await page(channel, 'demo')).json).toMatchObject({ files: [{}], ...status('archived') });
  const listed = await demo('6.6');
  serveIndex({ demo: [listed] }, { pages: { demo: status('quarantined') } });
  const later = await mirrored();
  expect((await page(later, 'demo')).json).toMatchObject({ files: [], ...status('quarantined') });
  const file = `${app.url}/api/repo/${later}/pypi/demo/${listed.fileName}`;
  expect([(await fetch(file)).status, (await fetch(`${file}.metadata`)).status]).toEqual([404, 404]);
});
