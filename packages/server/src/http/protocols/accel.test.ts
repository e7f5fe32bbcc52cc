import { randomBytes } from 'node:crypto';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnChannel, ownChannel } from './testing/own-channel.ts';
import { hasNginx, type Nginx, startNginx } from './testing/start-nginx.ts';

const missing = !hasNginx();
// A skip nobody hears of looks like a pass.
if (missing && process.env.CI === 'true') throw new Error('nginx is missing: apt-get install nginx-light');
if (missing) console.warn('skipped: sending by nginx (X-Accel-Redirect), since this machine has no nginx');

let app: TestApp;
let channel: OwnChannel;
let large: { path: string; bytes: Buffer };
let auth: Record<string, string>;

beforeEach(async () => {
  app = await startTestApp({ env: { SLUICE_ACCEL_REDIRECT: '/_blobs', SLUICE_TRUST_PROXY: '127.0.0.1' } });
  channel = await ownChannel(app, 'team');
  const built = await channel.upload({ name: 'big', subdir: 'linux-64', files: { noise: randomBytes(200_000) } });
  large = { path: `/linux-64/${built.fileName}`, bytes: built.bytes };
  auth = { 'X-Auth': (await channel.token()).token };
});
afterEach(() => app.close());

describe('with SLUICE_ACCEL_REDIRECT', () => {
  it('a proxy is told where a file lies alone, and is sent what does not', async () => {
    for (let i = 0; i < 3; i++) {
      const told = await channel.get(large.path, auth);
      expect(told.status).toBe(200);
      expect(told.headers.get('x-accel-redirect')).toMatch(/^\/_blobs\/blobs\/[0-9a-f]{2}\/[0-9a-f]{64}$/);
      expect((await told.arrayBuffer()).byteLength).toBe(0);
    }
    const index = await channel.get('/linux-64/repodata_shards.msgpack.zst', auth);
    expect(index.headers.get('x-accel-redirect')).toBeNull();
    expect((await index.arrayBuffer()).byteLength).toBeGreaterThan(0);
    expect((await channel.get(large.path)).status).toBe(401);
  });

  it.skipIf(missing)('nginx gives the file itself, whole, in parts and not again, and to nobody else', async () => {
    const nginx: Nginx = await startNginx(
      () => `
        location / { proxy_pass ${app.url}; proxy_set_header Host $host; }
        location /_blobs/ {
          internal;
          alias ${app.dataDir}/blobs/;
          etag off;
          add_header ETag $upstream_http_etag;
        }`,
    );
    try {
      const url = `${nginx.url}/api/repo/team${large.path}`;
      const direct = await channel.get(large.path, auth);
      const given = await fetch(url, { headers: auth });
      expect(Buffer.from(await given.arrayBuffer()).equals(large.bytes)).toBe(true);
      for (const name of ['content-type', 'cache-control', 'etag']) {
        expect(given.headers.get(name), name).toBe(direct.headers.get(name));
      }
      expect(given.headers.get('x-accel-redirect')).toBeNull();
      const head = await fetch(url, { method: 'HEAD', headers: auth });
      expect(Number(head.headers.get('content-length'))).toBe(large.bytes.length);
      expect(head.headers.get('etag')).toBe(given.headers.get('etag'));
      const part = await fetch(url, { headers: { ...auth, Range: 'bytes=1000-1999' } });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000-1999/${large.bytes.length}`]);
      expect(Buffer.from(await part.arrayBuffer()).equals(large.bytes.subarray(1000, 2000))).toBe(true);
      const same = await fetch(url, { headers: { ...auth, 'If-None-Match': given.headers.get('etag')! } });
      expect(same.status).toBe(304);
      expect((await fetch(url)).status).toBe(401);
      const digest = direct.headers.get('etag')!.slice(1, -1);
      expect((await fetch(`${nginx.url}/_blobs/blobs/${digest.slice(0, 2)}/${digest}`)).status).toBe(404);
      const index = await fetch(`${nginx.url}/api/repo/team/linux-64/repodata_shards.msgpack.zst`, { headers: auth });
      expect([index.status, (await index.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    } finally {
      await nginx.stop();
    }
  });
});

it('who asks directly gets the bytes, whatever the setting', async () => {
  const other = await startTestApp({ env: { SLUICE_ACCEL_REDIRECT: '/_blobs', SLUICE_TRUST_PROXY: '10.0.0.0/8' } });
  try {
    const own = await ownChannel(other, 'open', { privacy: 'public' });
    const built = await own.upload({ name: 'big', subdir: 'linux-64', files: { noise: randomBytes(200_000) } });
    const answer = await own.get(`/linux-64/${built.fileName}`);
    expect(answer.headers.get('x-accel-redirect')).toBeNull();
    expect(Buffer.from(await answer.arrayBuffer()).equals(built.bytes)).toBe(true);
  } finally {
    await other.close();
  }
});
