import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startUpstreamServer, type UpstreamServer } from './upstream-server.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-upstream-'));
const text = 'the quick brown fox '.repeat(10_000);
writeFileSync(path.join(folder, 'a b.txt'), text);

let upstream: UpstreamServer;
beforeAll(async () => {
  upstream = await startUpstreamServer({ folder });
});
afterEach(() => upstream.reset());
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true });
});

const get = (init?: RequestInit) => fetch(`${upstream.url}/a%20b.txt`, init);

describe('an upstream server', () => {
  it('serves a file and says 404 of what is not there, also above its folder', async () => {
    expect(await (await get()).text()).toBe(text);
    expect((await fetch(`${upstream.url}/%2e%2e/%2e%2e/etc/passwd`)).status).toBe(404);
    expect((await fetch(`${upstream.url}/..%2f..%2fetc%2fpasswd`)).status).toBe(404);
    expect(upstream.count('/a%20b.txt')).toBe(1);
  });

  it.each([
    ['bytes=0-3', 206, 'the ', `bytes 0-3/${text.length}`],
    ['bytes=-4', 206, 'fox ', `bytes ${text.length - 4}-${text.length - 1}/${text.length}`],
    [`bytes=${text.length - 2}-`, 206, 'x ', `bytes ${text.length - 2}-${text.length - 1}/${text.length}`],
    [`bytes=${text.length}-`, 416, '', `bytes */${text.length}`],
    ['bytes=-', 200, text, null],
  ])('answers %s', async (range, status, body, contentRange) => {
    const response = await get({ headers: { range } });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
      status,
      body,
      contentRange,
    ]);
  });

  it('says 304 to who has it, by tag and by date', async () => {
    const { headers } = await get();
    const statuses = await Promise.all([
      get({ headers: { 'if-none-match': headers.get('etag')! } }),
      get({ headers: { 'if-modified-since': headers.get('last-modified')! } }),
      get({ headers: { 'if-none-match': '"other"', 'if-modified-since': headers.get('last-modified')! } }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([304, 304, 200]);
  });

  it('fails so many times, then serves well', async () => {
    upstream.fail('/a%20b.txt', { status: 500, times: 2 });
    expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([500, 500, 200]);
  });

  it('fails at the request with an index, and at so many of the same path', async () => {
    const other = () => fetch(`${upstream.url}/none`);
    upstream.failAt(1, { status: 500, times: 2 });
    const statuses = [await get(), await get(), await other(), await get(), await get()].map(({ status }) => status);
    expect(statuses).toEqual([200, 500, 404, 500, 200]);
  });

  it('fails from the request with an index on', async () => {
    upstream.failFrom(1, { status: 503 });
    expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([200, 503, 503]);
  });

  it('becomes another upstream between two reads', async () => {
    const later = path.join(folder, 'later');
    mkdirSync(later);
    writeFileSync(path.join(later, 'a b.txt'), 'other');
    upstream.failFrom(1, { folder: later });
    expect([await (await get()).text(), await (await get()).text()]).toEqual([text, 'other']);
  });

  it('hangs up, and leads elsewhere', async () => {
    upstream.failAt(0, { hangUp: true });
    await expect(get()).rejects.toThrow();
    upstream.fail(/txt$/, { location: 'http://elsewhere.test/' });
    const response = await get({ redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://elsewhere.test/']);
    upstream.fail(/txt$/, { location: (path) => path });
    await expect(get()).rejects.toMatchObject({ cause: { message: expect.stringContaining('redirect') } });
  });

  it('counts requests and bytes by path', async () => {
    await (await get()).text();
    await (await get({ headers: { range: 'bytes=0-3' } })).text();
    expect(upstream.traffic().get('/a%20b.txt')).toEqual({ requests: 2, bytes: text.length + 4 });
  });

  it('cuts a body after so many bytes', async () => {
    upstream.fail(/txt$/, { cutAfter_bytes: 100_000 });
    const response = await get();
    expect(response.headers.get('content-length')).toBe(String(text.length));
    let size = 0;
    const read = async () => {
      for await (const chunk of response.body!) size += chunk.length;
    };
    await expect(read()).rejects.toThrow();
    expect(size).toBe(100_000);
    expect(upstream.asked[0]!.bytes).toBe(100_000);
  });

  it('sends wrong bytes, as many', async () => {
    upstream.fail(/txt$/, { wrongBytes: true });
    const body = await (await get()).text();
    expect(body.length).toBe(text.length);
    expect(body).not.toBe(text);
  });

  it('holds an answer back until told', async () => {
    let release = () => {};
    upstream.fail(/txt$/, { until: new Promise<void>((resolve) => (release = resolve)) });
    const response = get();
    await expect.poll(() => upstream.asked.length).toBe(1);
    expect(upstream.asked[0]!.status).toBe(0);
    release();
    expect((await response).status).toBe(200);
  });

  it('serves slowly', async () => {
    upstream.fail(/txt$/, { bytesPerSecond: 1_000_000 });
    const begin = performance.now();
    await (await get()).text();
    expect(performance.now() - begin).toBeGreaterThan(150);
  });

  it('without validators and ranges sends everything anew', async () => {
    const plain = await startUpstreamServer({ folder, validators: false, ranges: false });
    const response = await fetch(`${plain.url}/a%20b.txt`, { headers: { range: 'bytes=0-3' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBeNull();
    await response.text();
    await plain.close();
  });

  it('with a token lets in by path, Bearer and Basic only', async () => {
    const guarded = await startUpstreamServer({ folder, token: 'tk-1' });
    const status = async (pathname: string, authorization?: string) =>
      (await fetch(guarded.url + pathname, { headers: authorization ? { authorization } : {} })).status;
    expect(await status('/a%20b.txt')).toBe(401);
    expect(await status('/t/tk-2/a%20b.txt')).toBe(401);
    expect(await status('/t/tk-1/a%20b.txt')).toBe(200);
    expect(await status('/a%20b.txt', 'Bearer tk-1')).toBe(200);
    expect(await status('/a%20b.txt', `Basic ${btoa('me:tk-1')}`)).toBe(200);
    expect(await status('/a%20b.txt', `Basic ${btoa('me:no')}`)).toBe(401);
    await guarded.close();
  });
});
