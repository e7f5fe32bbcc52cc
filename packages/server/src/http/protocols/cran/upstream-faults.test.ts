import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDcf } from '@sluice/formats/cran';
import {
  type BuiltRPackage,
  buildCranTree,
  buildRPackage,
  type Fault,
  startUpstreamServer,
  type UpstreamServer,
} from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// Nobody waits for the pauses between two attempts. Leases and time limits go by other clocks.
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  const setTimeout: typeof real.setTimeout = (ms = 0, value, options) =>
    real.setTimeout(ms > 200 ? ms / 50 : ms, value, options);
  return { ...real, setTimeout };
});

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let admin: string;
let demo: BuiltRPackage[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cran-'));
  demo = await Promise.all(['1.0', '1.1'].map((version) => buildRPackage({ name: 'demo', version })));
  buildCranTree(join(folder, 'src/contrib'), [demo[0]!]);
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.0/8' } });
  admin = await app.adminToken();
  await app.request('POST', '/api/channels', { token: admin, body: { name: 'c', privacy: 'public', types: ['r'] } });
});
afterEach(async () => {
  await app.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

async function mirror(more: object = {}): Promise<string> {
  const body = { mirror_name: 'up', mirror_type: 'CRAN', source_root: upstream.url, run_now: true, ...more };
  const { json } = await app.request('POST', '/api/channels/c/mirrors', { token: admin, body });
  await app.jobsDone();
  return `/api/channels/c/mirrors/${json.id}`;
}

async function again(url: string) {
  await app.request('POST', `${url}/run`, { token: admin });
  await app.jobsDone();
  return (await app.request('GET', url, { token: admin })).json;
}

const get = (path: string) => fetch(`${app.url}/api/repo/c/cran/src/contrib/${path}`);
const listed = async () => {
  const text = await (await get('PACKAGES')).text();
  return text === '' ? [] : text.split('\n\n').map((one) => parseDcf(one).get('Version'));
};
const stored = async () => (await app.db.selectFrom('blob').select('sha256').execute()).length;

const html = '<html><head><title>Sign in</title></head><body>Sign in first</body></html>';

const archive = 'Meta/archive.rds';
const packages = 'PACKAGES.gz';

it.each<[fault: string, file: string, Fault, code: string]>([
  ['an error', packages, { status: 500 }, 'upstream_unavailable'],
  ['a cut answer', packages, { cutAfter_bytes: 20 }, 'upstream_unavailable'],
  ['a page of HTML', packages, { status: 200, html }, 'upstream_malformed'],
  ['a page of HTML', archive, { status: 200, html }, 'upstream_malformed'],
  ['other bytes', packages, { wrongBytes: true }, 'upstream_malformed'],
  ['other bytes', archive, { wrongBytes: true }, 'upstream_malformed'],
  ['a loop of redirects', packages, { status: 302, location: '/src/contrib/PACKAGES.gz' }, 'upstream_malformed'],
  ['a refusal', archive, { status: 403 }, 'upstream_denied'],
  ['a refusal', 'Meta/current.rds', { status: 401 }, 'upstream_denied'],
])('%s for %s is told of, and changes nothing', async (_, file, fault, code) => {
  const url = await mirror();
  expect(await listed()).toEqual(['1.0']);
  const [blobs, before] = [await stored(), await (await get('PACKAGES.rds')).text()];
  buildCranTree(join(folder, 'src/contrib'), demo);
  upstream.fail(`/src/contrib/${file}`, fault);
  const run = await again(url);
  expect([run.state, run.sync_state.last_exception]).toEqual(['failed', expect.stringMatching(/.{20}/)]);
  const failed = await app.db.selectFrom('run').select('error_code').where('state', '=', 'failed').execute();
  expect(failed).toEqual([{ error_code: code }]);
  expect([await stored(), await (await get('PACKAGES.rds')).text()]).toEqual([blobs, before]);
  upstream.reset();
  expect((await again(url)).state).toBe('completed');
  expect(await listed()).toEqual(['1.1']);
});

it('a slow one is waited for, and what was shown before is shown until all is there', async () => {
  const url = await mirror();
  buildCranTree(join(folder, 'src/contrib'), demo);
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  upstream.fail(`/src/contrib/${packages}`, { until: arrived, bytesPerSecond: 1000 });
  const run = again(url);
  const state = async () => (await app.request('GET', url, { token: admin })).json.state;
  await expect.poll(state, { timeout: 40_000 }).toBe('running');
  expect(await listed()).toEqual(['1.0']);
  arrive();
  expect((await run).state).toBe('completed');
  expect(await listed()).toEqual(['1.1']);
});

it('an upstream that denies tables it never had has none', async () => {
  upstream.fail(/Meta/, { status: 403 });
  await mirror();
  expect(await listed()).toEqual(['1.0']);
});

it('what moves to the archive is not fetched again', async () => {
  const url = await mirror({ mirror_mode: 'active' });
  buildCranTree(join(folder, 'src/contrib'), demo);
  upstream.reset();
  expect((await again(url)).state).toBe('completed');
  const asked = upstream.asked.map(({ path }) => path).filter((path) => path.endsWith('.tar.gz'));
  expect(asked).toEqual(['/src/contrib/demo_1.1.tar.gz']);
  expect((await get('Archive/demo/demo_1.0.tar.gz')).status).toBe(200);
});

it('an index that lost all its packages is taken for a fault', async () => {
  const url = await mirror();
  buildCranTree(join(folder, 'src/contrib'), []);
  expect(await again(url)).toMatchObject({
    state: 'failed',
    sync_state: { last_exception: expect.stringContaining('no packages') },
  });
  expect(await listed()).toEqual(['1.0']);
});

describe.each(['passive', 'active'])('a file, %s,', (mirror_mode) => {
  it.each<[string, Fault]>([
    ['of wrong bytes', { wrongBytes: true }],
    ['that is cut every time', { cutAfter_bytes: 50 }],
    ['that is a page', { status: 200, html }],
  ])('%s never arrives and is not stored', async (_, fault) => {
    upstream.fail(/demo_1.0.tar.gz$/, fault);
    const url = await mirror({ mirror_mode });
    const blobs = await stored();
    const answer = await get('demo_1.0.tar.gz').then(
      async (got) =>
        got.ok
          ? got.arrayBuffer().then(
              () => 'arrived',
              () => 'cut',
            )
          : got.status,
      () => 'cut',
    );
    expect(['cut', 502, 404]).toContain(answer);
    expect(await stored()).toBe(blobs);
    upstream.reset();
    if (mirror_mode === 'active') await again(url);
    expect(Buffer.from(await (await get('demo_1.0.tar.gz')).arrayBuffer()).equals(demo[0]!.bytes)).toBe(true);
  });
});
