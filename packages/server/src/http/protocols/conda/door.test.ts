import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import {
  condaSubdirs,
  readCondaIndex,
  startUpstreamServer,
  type UpstreamServer,
  writeCondaChannel,
} from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let admin: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-upstream-'));
  writeCondaChannel(folder);
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: `127.0.0.0/8,file://${folder}` } });
  admin = await app.adminToken();
});
afterEach(async () => {
  await app.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

async function mirrored(name: string, mirror: object, channel: object = { privacy: 'public' }): Promise<void> {
  const made = await app.request('POST', '/api/channels', { token: admin, body: { name, ...channel } });
  expect(made.status).toBe(201);
  const answer = await app.request('POST', `/api/channels/${name}/mirrors`, {
    token: admin,
    body: { mirror_name: 'up', source_root: upstream.url, run_now: true, keep_legacy: true, ...mirror },
  });
  expect(answer.text).toContain('"mirror_name":"up"');
  await app.jobsDone();
  const state = await app.request('GET', `/api/channels/${name}/mirrors/${answer.json.id}`, { token: admin });
  expect(state.json).toMatchObject({ state: 'completed', sync_state: { last_exception: null } });
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${app.url}/api/repo/${path}`, { headers });
const zlib = 'zlib-1.2.11-h7b6447c_3.conda';

describe('a mirrored channel', () => {
  it('shows the very records of its upstream, active or passive, over http or from the folder', async () => {
    await mirrored('http-passive', { mirror_mode: 'passive' });
    await mirrored('http-active', { mirror_mode: 'active' });
    await mirrored('folder-passive', { mirror_mode: 'passive', source_root: folder });
    for (const subdir of condaSubdirs) {
      const wanted = JSON.parse(readCondaIndex(subdir, 'repodata.json').toString());
      const texts = await Promise.all(
        ['http-passive', 'http-active', 'folder-passive'].map(async (name) =>
          (await get(`${name}/${subdir}/repodata.json`)).text(),
        ),
      );
      expect(new Set(texts).size).toBe(1);
      const shown = JSON.parse(texts[0]!);
      expect(shown.packages).toEqual(wanted.packages);
      expect(shown['packages.conda']).toEqual(wanted['packages.conda']);
    }
  });

  it('answers HEAD as GET, 304 to who has it, and never encodes twice', async () => {
    await mirrored('c', {});
    for (const [path, type] of [
      ['linux-64/repodata.json', 'application/json'],
      ['linux-64/repodata.json.zst', 'application/zstd'],
      ['noarch/current_repodata.json', 'application/json'],
      ['channeldata.json', 'application/json'],
      ['notices.json', 'application/json'],
      [`linux-64/${zlib}`, 'application/octet-stream'],
    ] as const) {
      const got = await get(`c/${path}`);
      const body = Buffer.from(await got.arrayBuffer());
      const head = await fetch(`${app.url}/api/repo/c/${path}`, { method: 'HEAD' });
      for (const name of ['etag', 'last-modified', 'content-type', 'content-length', 'cache-control']) {
        expect(head.headers.get(name), `${path} ${name}`).toBe(got.headers.get(name));
      }
      expect(got.headers.get('content-type')).toBe(type);
      expect(got.headers.get('content-encoding')).toBeNull();
      expect(Number(got.headers.get('content-length'))).toBe(body.byteLength);
      const etag = got.headers.get('etag')!;
      expect(etag).toMatch(/^"[0-9a-f-]+(plain)?"$/);
      expect((await get(`c/${path}`, { 'If-None-Match': etag })).status).toBe(304);
      const modified = got.headers.get('last-modified');
      if (modified) expect((await get(`c/${path}`, { 'If-Modified-Since': modified })).status).toBe(304);
      else expect(path).toBe('notices.json');
      expect((await get(`c/${path}`, { 'If-None-Match': '"other"' })).status).toBe(200);
    }
    const packed = Buffer.from(await (await get('c/linux-64/repodata.json.zst')).arrayBuffer());
    expect(zstdDecompressSync(packed).toString()).toBe(await (await get('c/linux-64/repodata.json')).text());
  });

  it('does not call notices that changed unmodified', async () => {
    await mirrored('c', {});
    const asked = new Date().toUTCString();
    const body = { message: 'maintenance', level: 'info' };
    expect((await app.request('POST', '/api/channels/c/notices', { token: admin, body })).status).toBe(201);
    const changed = await get('c/notices.json', { 'If-Modified-Since': asked });
    expect([changed.status, await changed.text()]).toEqual([200, expect.stringContaining('maintenance')]);
  });

  it('asks the upstream for nothing when the client has the file already', async () => {
    await mirrored('c', {});
    const etag = (await fetch(`${app.url}/api/repo/c/linux-64/${zlib}`, { method: 'HEAD' })).headers.get('etag')!;
    expect((await get(`c/linux-64/${zlib}`, { 'If-None-Match': etag })).status).toBe(304);
    expect(upstream.count(`/linux-64/${zlib}`)).toBe(0);
  });

  it('sends the whole of a file that is not the one the client has a part of', async () => {
    await mirrored('c', {});
    for (const local of [false, true]) {
      const part = await get(`c/linux-64/${zlib}`, { Range: 'bytes=10-', 'If-Range': '"another"' });
      expect([part.status, (await part.arrayBuffer()).byteLength], `local: ${local}`).toEqual([
        200,
        readFileSync(join(folder, 'linux-64', zlib)).length,
      ]);
    }
  });

  it('serves parts of a file, also before it is local', async () => {
    await mirrored('c', {});
    const whole = readFileSync(join(folder, 'linux-64', zlib));
    for (const [range, start, end] of [
      ['bytes=-1000', whole.length - 1000, whole.length],
      ['bytes=0-99', 0, 100],
      [`bytes=${whole.length - 5}-`, whole.length - 5, whole.length],
    ] as const) {
      const part = await get(`c/linux-64/${zlib}`, { Range: range });
      expect([part.status, part.headers.get('content-range')]).toEqual([
        206,
        `bytes ${start}-${end - 1}/${whole.length}`,
      ]);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(start, end));
    }
    const beyond = await get(`c/linux-64/${zlib}`, { Range: 'bytes=999999999-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`]);
    expect([beyond.headers.get('cache-control'), beyond.headers.get('content-length')]).toEqual(['no-store', '0']);
    expect(upstream.count(`/linux-64/${zlib}`)).toBe(1);
  });

  it('explains a refusal, and a name that is not there', async () => {
    await mirrored('c', { keep_legacy: false, filters: { exclude_specs: ['zlib[subdir=linux-64]'] } });
    const refused = await get(`c/linux-64/${zlib}`);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await refused.json()) as { code: string; detail: string; message: string };
    expect(problem.message).toBe(problem.detail);
    expect(problem).toMatchObject({ code: 'policy_denied', reasons: [{ code: 'exclude_specs', scope: 'mirror' }] });
    expect(problem.detail).toContain('rule "exclude_specs: zlib[subdir=linux-64]"');
    expect(problem.detail).toContain('include_specs');
    expect((await get('c/linux-64/nothing-1.0-0.conda')).status).toBe(404);
    expect((await get('c/linux-64/repodata.json.bz2')).status).toBe(404);
    expect((await get('c/linux-64/index.html')).status).toBe(404);
    expect((await fetch(`${app.url}/api/repo/c/linux-64/${zlib}`, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('a first fetch', () => {
  it('makes one upstream request for a hundred clients, and none when the upstream is gone later', async () => {
    await mirrored('c', {});
    upstream.fail(`/linux-64/${zlib}`, { delay_ms: 200 });
    const wanted = readFileSync(join(folder, 'linux-64', zlib));
    const bodies = await Promise.all(
      Array.from({ length: 100 }, async () => Buffer.from(await (await get(`c/linux-64/${zlib}`)).arrayBuffer())),
    );
    for (const body of bodies) expect(body.equals(wanted)).toBe(true);
    expect(upstream.count(`/linux-64/${zlib}`)).toBe(1);
    upstream.fail(/.*/, { status: 500 });
    const again = await get(`c/linux-64/${zlib}`);
    expect(
      createHash('sha256')
        .update(Buffer.from(await again.arrayBuffer()))
        .digest('hex'),
    ).toBe(again.headers.get('etag')?.slice(1, -1));
  });

  it('cuts an answer whose bytes are wrong, stores nothing, and gets it right the next time', async () => {
    await mirrored('c', {});
    upstream.fail(`/linux-64/${zlib}`, { wrongBytes: true });
    await expect(get(`c/linux-64/${zlib}`).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, 'linux-64', zlib)))
      .digest();
    expect(await app.db.selectFrom('blob').selectAll().where('sha256', '=', digest).execute()).toEqual([]);
    upstream.reset();
    expect((await (await get(`c/linux-64/${zlib}`)).arrayBuffer()).byteLength).toBe(105_917);
  });

  it.each([
    ['500', { status: 500 }],
    ['404', { status: 404 }],
    ['403', { status: 403 }],
  ])('says 502 when the upstream answers %s', async (status, fault) => {
    await mirrored('c', {});
    upstream.fail(`/linux-64/${zlib}`, fault);
    const answer = await get(`c/linux-64/${zlib}`);
    expect(answer.status).toBe(502);
    const problem = (await answer.json()) as { code: string; detail: string };
    expect(problem.code).toMatch(/^upstream_/);
    expect(problem.detail).toContain(status);
  });
});

describe('an empty channel', () => {
  it('has a valid noarch and every known subdir, packed and plain', async () => {
    await app.request('POST', '/api/channels', { token: admin, body: { name: 'empty', privacy: 'public' } });
    for (const subdir of ['noarch', 'linux-64', 'osx-arm64', 'zos-z']) {
      const plain = await get(`empty/${subdir}/repodata.json`);
      expect(await plain.json()).toEqual({
        info: { subdir },
        packages: {},
        'packages.conda': {},
        removed: [],
        repodata_version: 1,
      });
      const packed = Buffer.from(await (await get(`empty/${subdir}/repodata.json.zst`)).arrayBuffer());
      expect(JSON.parse(zstdDecompressSync(packed).toString()).info).toEqual({ subdir });
    }
    expect((await get('empty//noarch//repodata.json')).status).toBe(200);
    expect(await (await get('empty/')).json()).toMatchObject({
      status: 404,
      detail: expect.stringContaining('simple/'),
    });
    // Not a subdir, so it would be a subchannel, and nobody is told which of those there are.
    expect((await get('empty/no-such/repodata.json')).status).toBe(401);
  });
});

describe('privacy', () => {
  it('answers alike for what is not there and what is not to be seen', async () => {
    for (const privacy of ['private', 'authenticated'] as const) await mirrored(privacy, {}, { privacy });
    for (const path of ['noarch/repodata.json', `linux-64/${zlib}`, 'notices.json', 'channeldata.json', 'x/y/z']) {
      for (const name of ['private', 'authenticated', 'nowhere']) {
        const answer = await get(`${name}/${path}`);
        expect(answer.status, `${name}/${path}`).toBe(401);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
      }
    }
  });

  it('takes a token anywhere, and forgets it everywhere', async () => {
    await mirrored('private', {}, { privacy: 'private' });
    const made = await app.request('POST', '/api/account/tokens', {
      token: admin,
      body: { name: 't', expires_at: app.inDays(30), resources: [{ channel: 'private', permission: 'read' }] },
    });
    const { token } = made.json;
    expect(token).toMatch(/^[A-Za-z0-9-]+$/);
    const path = 'noarch/repodata.json';
    for (const url of [
      `/t/${token}/api/repo/private/${path}`,
      `/api/repo/t/${token}/private/${path}`,
      `/api/repo/private/t/${token}/${path}`,
    ]) {
      const answer = await fetch(app.url + url);
      expect(answer.status, url).toBe(200);
      expect(await answer.text()).not.toContain(token);
      expect(answer.headers.get('cache-control')).toContain('private');
    }
    const basic = Buffer.from(`__token__:${token}`).toString('base64');
    expect((await get(`private/${path}`, { Authorization: `Basic ${basic}` })).status).toBe(200);
    expect((await get(`private/${path}`, { Authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await get(`private/${path}`, { 'X-Auth': token })).status).toBe(200);
    const wrong = await get(`t/wrong/private/${path}`);
    expect(wrong.status).toBe(401);
    expect(await wrong.text()).toContain('unknown, expired or revoked');
    expect((await get(`t%2F${token}%2Fprivate/${path}`)).status).toBe(200);
    expect(app.log.join('')).not.toContain(token);
    await app.request('DELETE', `/api/account/tokens/${made.json.id}`, { token: admin });
    await expect.poll(async () => (await get(`private/${path}`, { 'X-Auth': token })).status).toBe(401);
  });

  it('serves a public channel to who shows a token that does not hold', async () => {
    await mirrored('open', {});
    expect((await get('t/expired/open/noarch/repodata.json')).status).toBe(200);
  });
});
