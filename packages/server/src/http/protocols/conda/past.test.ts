import { zstdDecompressSync } from 'node:zlib';
import { decodeShardIndex } from '@sluice/formats/conda';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnChannel, ownChannel } from '../testing/own-channel.ts';

let app: TestApp;
let clock: { ms: number };
let channel: OwnChannel;
let one: string;
let two: string;

beforeEach(async () => {
  clock = { ms: Date.parse('2026-11-01T10:00:00Z') };
  app = await startTestApp({ clock: () => new Date(clock.ms) });
  channel = await ownChannel(app, 'c', { privacy: 'public' });
  one = (await channel.upload({ name: 'one', subdir: 'linux-64' })).fileName;
  clock.ms = Date.parse('2026-11-02T10:00:00Z');
  two = (await channel.upload({ name: 'two', subdir: 'linux-64' })).fileName;
  clock.ms = Date.parse('2026-11-05T10:00:00Z');
});
afterEach(() => app.close());

const shardIndex = '/linux-64/repodata_shards.msgpack.zst';
const names = async (answer: Response) => {
  expect(answer.status).toBe(200);
  return [...decodeShardIndex(zstdDecompressSync(Buffer.from(await answer.arrayBuffer()))).shards.keys()];
};

describe('a publication of the past', () => {
  it.each([
    ['@1', ['one']],
    ['%401', ['one']],
    ['@2', ['one', 'two']],
    ['@2026-11-01', ['one']],
    ['@2026-11-02T09:59:59Z', ['one']],
    ['@2026-11-02T09%3A59%3A59Z', ['one']],
    ['@20261102T100000Z', ['one', 'two']],
    ['@2026-11-04', ['one', 'two']],
    ['@head', ['one', 'two']],
  ])('%s', async (ref, wanted) => {
    expect(await names(await channel.get(`${ref}${shardIndex}`))).toEqual(wanted);
  });

  it('is what a pin names, and of a subchannel too', async () => {
    const pin = { channel_id: 1, name: 'release-1', no: 1, created_at: new Date(), created_by: 'admin' };
    const { id } = await app.db.selectFrom('channel').select('id').where('path', '=', 'c').executeTakeFirstOrThrow();
    await app.db
      .insertInto('pin')
      .values({ ...pin, channel_id: id })
      .execute();
    const pinned = await channel.get(`@release-1${shardIndex}`);
    expect(pinned.headers.get('cache-control')).toBe('public, no-cache');
    expect(await names(pinned)).toEqual(['one']);
    clock.ms = Date.parse('2026-11-01T10:01:00Z');
    const body = { name: 'sub', privacy: 'public' };
    const made = await app.request('POST', '/api/channels/c/subchannels', { token: await app.adminToken(), body });
    expect(made.status).toBe(201);
    const sub = await channel.get(`/sub@1${shardIndex}`);
    expect([sub.status, await sub.json()]).toMatchObject([404, { code: 'publication_missing' }]);
  });

  it('is another at once when its pin moves', async () => {
    const read = async () => names(await channel.get(`@release${shardIndex}`));
    clock.ms = Date.parse('2026-11-01T10:01:00Z');
    const session = await app.adminToken();
    const { token } = (
      await app.request('POST', '/api/account/tokens', {
        token: session,
        body: { name: 'm', expires_at: app.inDays(30), resources: [{ channel: 'c', permission: 'manage' }] },
      })
    ).json;
    clock.ms = Date.parse('2026-11-05T10:00:00Z');
    const point = (publication: number) =>
      app.request('PUT', '/api/channels/c/pins/release', { token, body: { publication } });
    expect((await point(1)).status).toBeLessThan(300);
    expect(await read()).toEqual(['one']);
    await point(2);
    await expect.poll(read).toEqual(['one', 'two']);
    await app.request('DELETE', '/api/channels/c/pins/release', { token });
    await expect.poll(async () => (await channel.get(`@release${shardIndex}`)).status).toBe(404);
  });

  it('gives its shards and its files, by the rules of today', async () => {
    const answer = await channel.get(`@1${shardIndex}`);
    const { shards } = decodeShardIndex(zstdDecompressSync(Buffer.from(await answer.arrayBuffer())));
    expect((await channel.get(`@1/linux-64/shards/${shards.get('one')}.msgpack.zst`)).status).toBe(200);
    expect((await channel.get(`@1/linux-64/${one}`)).status).toBe(200);
    const later = await channel.get(`@1/linux-64/${two}`);
    expect([later.status, await later.json()]).toMatchObject([404, { code: 'file_missing' }]);
    await channel.delete('one', 'linux-64', one);
    expect(await names(await channel.get(`@1${shardIndex}`))).toEqual(['one']);
    expect((await channel.get(`@1/linux-64/${one}`)).status).toBe(410);
  });

  it('says what there is where there is none', async () => {
    for (const [ref, status, code] of [
      ['@99', 404, 'publication_missing'],
      ['@2020-01-01', 404, 'publication_missing'],
      ['@never', 404, 'pin_missing'],
      ['@', 400, 'ref_malformed'],
      ['@Never!', 400, 'ref_malformed'],
    ] as const) {
      const answer = await channel.get(`${ref}${shardIndex}`);
      expect([ref, answer.status, await answer.json()]).toMatchObject([ref, status, { code }]);
    }
  });

  it('tells nobody of the past of a channel that they may not see', async () => {
    clock.ms = Date.parse('2026-11-01T10:01:00Z');
    const shut = await ownChannel(app, 'shut');
    await shut.upload({ name: 'one', subdir: 'linux-64' });
    for (const ref of ['@1', '@99', '@never', '@'])
      expect((await shut.get(`${ref}${shardIndex}`)).status, ref).toBe(401);
    expect((await fetch(`${app.url}/api/repo/nowhere@1${shardIndex}`)).status).toBe(401);
  });

  it('may be kept by caches, unless it still moves', async () => {
    const cacheControl = async (ref: string) => (await channel.get(`${ref}${shardIndex}`)).headers.get('cache-control');
    expect(await cacheControl('@1')).toBe('public, max-age=3600');
    expect(await cacheControl('@2026-11-01')).toBe('public, max-age=3600');
    expect(await cacheControl('@2026-11-05')).toBe('public, no-cache');
    expect(await cacheControl('@head')).toBe('public, no-cache');
  });

  it('has its documents made when they are asked for, once for all who ask', async () => {
    const regenerated = async () => {
      const { text } = await app.request('GET', '/metrics');
      return Number(/^sluice_regenerations_total\{kind="document"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    // As if they had not been kept.
    await app.db.deleteFrom('monolith').where('no', '=', 1).execute();
    const before = await regenerated();
    const path = '@1/linux-64/repodata.json';
    const answers = await Promise.all(Array.from({ length: 24 }, () => channel.get(path)));
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await answer.json()).toMatchObject({ code: 'unavailable' });
    }
    await app.jobsDone();
    await expect.poll(async () => (await channel.get(path)).status).toBe(200);
    const made = (await regenerated()) - before;
    expect(made).toBe((await app.db.selectFrom('monolith').where('no', '=', 1).selectAll().execute()).length);
    expect(made).toBeGreaterThan(0);
    const shown = (await (await channel.get(path)).json()) as { 'packages.conda': object };
    expect(Object.keys(shown['packages.conda'])).toEqual([one]);
    expect((await channel.get('@1/channeldata.json')).status).toBe(200);
    expect((await channel.get('@1/noarch/repodata.json')).status).toBe(200);
    expect((await channel.get('@1/linux-64/none.json')).status).toBe(404);
  });
});
