import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { startUpstreamServer, type UpstreamServer } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const isLong = Boolean(process.env.LONG);
const records = isLong ? 700_000 : 20_000;
// For a machine that has other work, too.
vi.setConfig({ hookTimeout: isLong ? 1_800_000 : 600_000 });
const perName = 25;
/** The figures are those of a large channel on a quiet machine; beside other tests there is room for these. */
const room = process.env.LONG ? 1 : 10;

let app: TestApp;
let upstream: UpstreamServer;
let folder: string;
let token: string;

const fileOf = (i: number) => `name${Math.floor(i / perName)}-1.${i % perName}-0.conda`;

function* repodata(): Generator<string> {
  yield '{"info":{"subdir":"linux-64"},"packages":{},"packages.conda":{';
  for (let i = 0; i < records; i++) {
    const name = `name${Math.floor(i / perName)}`;
    const sha256 = i.toString(16).padStart(64, '0');
    yield `${i === 0 ? '' : ','}"${fileOf(i)}":{"build":"0","build_number":0,"depends":["python >=3.9"],"license":"MIT","name":"${name}","sha256":"${sha256}","size":${1000 + i},"subdir":"linux-64","timestamp":1700000000000,"version":"1.${i % perName}"}`;
  }
  yield '}}';
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-large-'));
  await mkdir(join(folder, 'linux-64'));
  const document = join(folder, 'linux-64', 'repodata.json.zst');
  await pipeline(Readable.from(repodata(), { objectMode: false }), createZstdCompress(), createWriteStream(document));
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' }, jobs: 'thread' });
  token = await app.adminToken();
  const post = (path: string, body: object) => app.request('POST', path, { token, body });
  await post('/api/channels', { name: 'forge', privacy: 'public' });
  const mirror = { mirror_name: 'all', source_root: upstream.url, filters: { subdirs: ['linux-64'] }, run_now: true };
  expect((await post('/api/channels/forge/mirrors', mirror)).status).toBe(201);
  for (;;) {
    const { items } = (await app.request('GET', '/api/channels/forge/mirrors', { token })).json;
    expect(items[0].state).not.toBe('failed');
    if (items[0].state === 'completed') break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
});
afterAll(async () => {
  await app?.close();
  await upstream?.close();
  await rm(folder, { recursive: true, force: true });
});

async function timed(path: string): Promise<{ ms: number; status: number; text: string }> {
  const times: number[] = [];
  let answer = { status: 0, text: '' };
  for (let i = 0; i < 5; i++) {
    const begun = performance.now();
    answer = await app.request('GET', path, { token });
    times.push(performance.now() - begun);
  }
  const ms = times.toSorted((a, b) => a - b)[2]!;
  console.log(`${path.split('?')[0]}: ${ms.toFixed(1)} ms, first ${times[0]!.toFixed(1)} ms, of ${records} records`);
  return { ms, ...answer };
}

test('a first run is one event with counts and the digest of its change set', async () => {
  const { json } = await app.request('GET', '/api/channels/forge/history', { token });
  const types = json.items.map(({ event_type }: { event_type: string }) => event_type).sort();
  expect(types).toEqual([
    'artifact_generated',
    'channel_created',
    'mirror_registered',
    'mirroring_completed',
    'mirroring_started',
  ]);
  const completed = json.items.find(({ event_type }: { event_type: string }) => event_type === 'mirroring_completed');
  expect(completed.data).toMatchObject({
    count: { total: records, passive: records },
    changes: { added: records, changed: 0, removed: 0, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  const sealed = await app.request('GET', '/api/audit/verify', { token });
  expect(sealed.json.fault).toBeNull();
});

test('what is known of one file is told at once', async () => {
  const file = fileOf(records - 7);
  const { ms, status, text } = await timed(
    `/api/channels/forge/artifacts/conda/${file.split('-')[0]}/files/linux-64/${file}/history`,
  );
  expect(status).toBe(200);
  expect(JSON.parse(text).versions).toMatchObject([
    { begun: { kind: 'run', mirror: 'all' }, shown: [{ from: 1, to: null }] },
  ]);
  expect(ms).toBeLessThan(100 * room);
});

test('so are the changes of the channel, the first page and one in the middle', async () => {
  const first = await timed('/api/channels/forge/changes?limit=100');
  const page = JSON.parse(first.text);
  expect(page.items).toHaveLength(100);
  expect(page.items[0].cause).toMatchObject({ kind: 'run', mirror: 'all' });
  expect(first.ms).toBeLessThan(500 * room);
  const names = await timed('/api/channels/forge/changes?limit=100&name=name7');
  expect(JSON.parse(names.text).items).toHaveLength(perName);
  const cursor = Buffer.from(JSON.stringify([1, 'linux-64/name5', '\u{10ffff}'])).toString('base64url');
  const middle = await timed(`/api/channels/forge/changes?limit=100&cursor=${cursor}`);
  expect(JSON.parse(middle.text).items).toHaveLength(100);
  expect(middle.ms).toBeLessThan(500 * room);
});
