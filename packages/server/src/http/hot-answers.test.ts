import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '@sluice/identity';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHotAnswers, type HotKey } from './hot-answers.ts';
import type { ReadyAnswer } from './protocols/send-answer.ts';
import { queriesDuring } from './protocols/testing/count-queries.ts';
import { type OwnChannel, ownChannel } from './protocols/testing/own-channel.ts';

let app: TestApp;
let clock: { ms: number };
let channel: OwnChannel;
let paths: string[];

beforeEach(async () => {
  clock = { ms: Date.parse('2026-11-21T00:00:00Z') };
  app = await startTestApp({ clock: () => new Date(clock.ms) });
  channel = await ownChannel(app, 'team');
  const { fileName } = await channel.upload({ name: 'one', subdir: 'linux-64' });
  paths = ['repodata_shards.msgpack.zst', 'repodata.json.zst', 'repodata.json', fileName].map(
    (file) => `/linux-64/${file}`,
  );
});
afterEach(() => app.close());

/** How many requests were answered from memory so far, by method and status. */
async function hotAnswers(): Promise<Record<string, number>> {
  const { text } = await app.request('GET', '/metrics');
  const lines = text.matchAll(/^sluice_http_hot_answers_total\{method="(\w+)",status="(\d+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, method, status, count]) => [`${method} ${status}`, Number(count)]));
}

async function read(path: string, headers: Record<string, string>): Promise<[number, string, Record<string, string>]> {
  const answer = await channel.get(path, headers);
  const body = Buffer.from(await answer.arrayBuffer()).toString('latin1');
  const { date, 'x-request-id': id, ...rest } = Object.fromEntries(answer.headers);
  return [answer.status, body, rest];
}

describe('an answer from memory', () => {
  it('is the ordinary answer, to the header, and asks the database nothing', async () => {
    const { token } = await channel.token();
    const cold = await queriesDuring(() => channel.get(paths[0]!, { 'X-Auth': token }));
    expect(cold).not.toEqual([]);
    const shown: Record<string, string>[] = [{ Authorization: `Bearer ${token}` }, { 'X-Auth': token }];
    for (const auth of shown) {
      for (const path of paths) {
        const ordinary = await read(path, auth);
        expect(ordinary[0], path).toBe(200);
        let before: Record<string, number> = {};
        // What goes by the clock may fall into one reading, not into all.
        const readAgain = async () => {
          before = await hotAnswers();
          return queriesDuring(async () => expect(await read(path, auth), path).toEqual(ordinary));
        };
        await expect.poll(readAgain).toEqual([]);
        const same = await read(path, { ...auth, 'If-None-Match': ordinary[2].etag! });
        expect([same[0], same[1], same[2].etag]).toEqual([304, '', ordinary[2].etag]);
        const since = { ...auth, 'If-Modified-Since': ordinary[2]['last-modified']! };
        expect((await read(path, since))[0]).toBe(304);
        expect((await read(path, { ...auth, 'If-None-Match': '"other", W/"another"' }))[0]).toBe(200);
        const after = await hotAnswers();
        expect([after['GET 200']! - before['GET 200']!, after['GET 304']! - before['GET 304']!]).toEqual([2, 2]);
      }
    }
  });

  it('is given to the URL with a token as well, and to HEAD', async () => {
    const { token } = await channel.token();
    const url = `${app.url}/t/${token}/api/repo/team${paths[0]}`;
    const got = await fetch(url);
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(got.headers.get('content-length'));
    expect(head.headers.get('etag')).toBe(got.headers.get('etag'));
    expect(await hotAnswers()).toMatchObject({ 'HEAD 200': 1 });
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  });

  it('is never given to another credential', async () => {
    const { token } = await channel.token();
    for (let i = 0; i < 2; i++) expect((await channel.get(paths[0]!, { 'X-Auth': token })).status).toBe(200);
    expect((await channel.get(paths[0]!)).status).toBe(401);
    expect((await channel.get(paths[0]!, { 'X-Auth': `${token}x` })).status).toBe(401);
    expect((await channel.get(paths[0]!, { 'X-API-Key': 'slc-wrong', 'X-Auth': token })).status).toBe(200);
    expect((await channel.get(paths[0]!, { 'X-API-Key': token, 'X-Auth': 'slc-wrong' })).status).toBe(401);
    expect((await fetch(`${app.url}/t/wrong/api/repo/team${paths[0]}`, { headers: { 'X-Auth': token } })).status).toBe(
      401,
    );
  });

  it.each(['repodata.jso%6e', 'repodata.json/'])('is never packed for who does not unpack: %s', async (name) => {
    const { token } = await channel.token();
    // A client of our own, since fetch asks for packed answers whatever it is told.
    const coding = async (accepted?: string) => {
      const headers = { 'X-Auth': token, ...(accepted === undefined ? {} : { 'Accept-Encoding': accepted }) };
      const request = get(`${app.url}/api/repo/team/linux-64/${name}`, { headers });
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      return [answer.statusCode, answer.headers['content-encoding']];
    };
    for (let i = 0; i < 2; i++) {
      expect(await coding('zstd')).toEqual([200, 'zstd']);
      expect(await coding()).toEqual([200, undefined]);
    }
  });

  it('keeps no password', async () => {
    const basic = `Basic ${Buffer.from('admin:correct horse battery').toString('base64')}`;
    for (let i = 0; i < 3; i++) expect((await channel.get(paths[0]!, { Authorization: basic })).status).toBe(200);
    expect(await hotAnswers()).toMatchObject({ 'GET 200': 0 });
  });

  it('ends with the token', async () => {
    const { token } = await channel.token('2026-11-21T00:00:05Z');
    for (let i = 0; i < 2; i++) expect((await channel.get(paths[0]!, { 'X-Auth': token })).status).toBe(200);
    clock.ms += 5_000;
    expect((await channel.get(paths[0]!, { 'X-Auth': token })).status).toBe(401);
  });

  it('ends at once when the token is revoked', async () => {
    const { id, token } = await channel.token();
    for (let i = 0; i < 2; i++) expect((await channel.get(paths[0]!, { 'X-Auth': token })).status).toBe(200);
    await app.request('DELETE', `/api/account/tokens/${id}`, { token: await app.adminToken() });
    expect((await channel.get(paths[0]!, { 'X-Auth': token })).status).toBe(401);
  });

  it('ends when anything is announced, and after 10 s when nothing is', async () => {
    const { token } = await channel.token();
    const warm = async () => {
      const before = (await hotAnswers())['GET 200']!;
      expect((await channel.get(paths[0]!, { 'X-Auth': token })).status).toBe(200);
      return (await hotAnswers())['GET 200']! > before;
    };
    await warm();
    expect(await warm()).toBe(true);
    clock.ms += 10_000;
    expect(await warm()).toBe(false);
    expect(await warm()).toBe(true);
    const shown = await (await channel.get(paths[0]!, { 'X-Auth': token })).arrayBuffer();
    await channel.upload({ name: 'two', subdir: 'linux-64' });
    await expect
      .poll(async () => (await (await channel.get(paths[0]!, { 'X-Auth': token })).arrayBuffer()).byteLength)
      .not.toBe(shown.byteLength);
  });

  it('counts downloads', async () => {
    const { token } = await channel.token();
    const downloads = async () => {
      const { json } = await app.request('GET', '/api/channels/team', { token: await app.adminToken() });
      return json.download_count;
    };
    for (let i = 0; i < 5; i++) await (await channel.get(paths[3]!, { 'X-Auth': token })).arrayBuffer();
    await channel.get(paths[3]!, { 'X-Auth': token, Range: 'bytes=5-9' });
    await fetch(`${app.url}/api/repo/team${paths[3]}`, { method: 'HEAD', headers: { 'X-Auth': token } });
    await expect.poll(downloads).toBe(5);
  });

  it('leaves no line in the log', async () => {
    const { token } = await channel.token();
    await channel.get(paths[0]!, { 'X-Auth': token });
    const lines = app.log.length;
    for (let i = 0; i < 20; i++) await channel.get(paths[0]!, { 'X-Auth': token });
    await sleep(50);
    expect(app.log.slice(lines).filter((line) => line.includes('request'))).toEqual([]);
  });
});

describe('the table', () => {
  const request = (url: string, ...rawHeaders: string[]) => ({ method: 'GET', url, rawHeaders }) as IncomingMessage;
  const principal = (id: string): Principal => ({
    kind: 'account',
    id: 'a',
    name: 'a',
    roles: [],
    grants: { kind: 'all' },
    proof: { kind: 'token', id, name: 't', expires_at: new Date(1e12) },
  });
  const ready = (bytes: Buffer | undefined): ReadyAnswer => ({
    answer: { contentType: 'x', cacheControl: 'y', vary: undefined, body: { kind: 'bytes', bytes: Buffer.alloc(0) } },
    validatorHeaders: [],
    bodyHeaders: [],
    length: 4,
    small: { bytes, used: false },
  });
  const response = () => {
    const sent: unknown[] = [];
    const self = { writeHead: () => self, end: (body: unknown) => void sent.push(body), statusCode: 200 };
    return { sent, self: self as unknown as ServerResponse };
  };

  function table(limit?: number) {
    const noted: number[] = [];
    const at = { ms: 0 };
    const answers = createHotAnswers(
      {
        now: () => new Date(at.ms),
        metrics: { countHot: () => {} },
        lastUsed: { note: (_, when) => void noted.push(when.getTime()) },
        countDownload: () => {},
      },
      limit,
    );
    const ask = (url: string) => answers.answer(request(url, 'Authorization', 'Bearer x'), response().self);
    const keep = (url: string, bytes?: Buffer) => answers.keep(ask(url) as HotKey, principal('t'), ready(bytes));
    return { answers, ask, keep, noted, at };
  }

  it('notes the use of a token once a second', () => {
    const { ask, keep, noted, at } = table();
    keep('/api/repo/c/x', Buffer.from('body'));
    for (; at.ms < 3_000; at.ms += 100) expect(ask('/api/repo/c/x')).toBe(true);
    expect(noted).toEqual([1000, 2000]);
  });

  it('lives no longer when the clock is put back', () => {
    const { ask, keep, at } = table();
    at.ms = 3_600_000;
    keep('/api/repo/c/x', Buffer.from('body'));
    expect(ask('/api/repo/c/x')).toBe(true);
    at.ms = 0;
    expect(ask('/api/repo/c/x')).not.toBe(true);
  });

  it('does not keep what was asked before a change', () => {
    const { answers, ask } = table();
    const key = ask('/api/repo/c/x') as HotKey;
    answers.forget();
    answers.keep(key, principal('t'), ready(Buffer.from('body')));
    expect(ask('/api/repo/c/x')).not.toBe(true);
  });

  it('leaves a body that had to make room, and what is not of a repository, to the ordinary way', () => {
    const { ask, keep } = table();
    keep('/api/repo/c/x', undefined);
    expect(ask('/api/repo/c/x')).toMatchObject({ url: '/api/repo/c/x' });
    expect(ask('/api/repo/c/x?y')).toBeUndefined();
    expect(ask('/api/channels')).toBeUndefined();
  });

  it('never takes more room than it may', () => {
    const { ask, keep } = table(20_000);
    for (let i = 0; i < 1000; i++) keep(`/api/repo/c/${i}`, Buffer.from('body'));
    const kept = Array.from({ length: 1000 }, (_, i) => ask(`/api/repo/c/${i}`)).filter((answer) => answer === true);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(20);
  });
});
