import { createHash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { decodeShard, decodeShardIndex } from '@sluice/formats/conda';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownChannel } from '../testing/own-channel.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

const index = '/linux-64/repodata_shards.msgpack.zst';
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
const readIndex = async (answer: Response) => decodeShardIndex(zstdDecompressSync(await bytesOf(answer)));
const shardPath = (digest: string) => `/linux-64/shards/${digest}.msgpack.zst`;

describe('sharded repodata', () => {
  it('lists every name by the digest of its shard, and gives that shard', async () => {
    const channel = await ownChannel(app, 'c', { privacy: 'public' });
    const built = await channel.upload({ name: 'one', subdir: 'linux-64' });
    await channel.upload({ name: 'two', subdir: 'linux-64' });
    const answer = await channel.get(index);
    expect(answer.headers.get('content-encoding')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('public, no-cache');
    const { info, shards } = await readIndex(answer);
    expect(info).toMatchObject({ subdir: 'linux-64', baseUrl: './', shardsBaseUrl: './shards/' });
    expect([...shards.keys()]).toEqual(['one', 'two']);
    const shard = await channel.get(shardPath(shards.get('one')!));
    expect(shard.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(shard.headers.get('content-encoding')).toBeNull();
    const bytes = await bytesOf(shard);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(shards.get('one'));
    expect(decodeShard(zstdDecompressSync(bytes)).records.map(({ fn }) => fn)).toEqual([built.fileName]);
  });

  it('answers HEAD as GET and 304 to who has it', async () => {
    const channel = await ownChannel(app, 'c', { privacy: 'public' });
    await channel.upload({ name: 'one', subdir: 'linux-64' });
    const { shards } = await readIndex(await channel.get(index));
    for (const path of [index, shardPath(shards.get('one')!)]) {
      const got = await channel.get(path);
      const head = await fetch(`${app.url}/api/repo/c${path}`, { method: 'HEAD' });
      for (const name of [
        'etag',
        'last-modified',
        'content-type',
        'content-length',
        'cache-control',
        'accept-ranges',
      ]) {
        expect(head.headers.get(name), `${path} ${name}`).toBe(got.headers.get(name));
        expect(head.headers.get(name), `${path} ${name}`).not.toBeNull();
      }
      expect(Number(head.headers.get('content-length'))).toBe((await bytesOf(got)).byteLength);
      expect((await channel.get(path, { 'If-None-Match': got.headers.get('etag')! })).status).toBe(304);
      const part = await channel.get(path, { Range: 'bytes=1-4' });
      expect([part.status, (await bytesOf(part)).byteLength]).toEqual([206, 4]);
    }
  });

  it('keeps superseded shards, and shows an empty index when the last name went', async () => {
    const channel = await ownChannel(app, 'c', { privacy: 'public' });
    const { fileName } = await channel.upload({ name: 'one', subdir: 'linux-64' });
    const shown = await channel.get(index);
    const before = await readIndex(shown);
    await channel.delete('one', 'linux-64', fileName);
    // Also to a client that asks by date alone.
    const after = await channel.get(index, { 'If-Modified-Since': shown.headers.get('last-modified')! });
    expect(after.status).toBe(200);
    expect((await readIndex(after)).shards.size).toBe(0);
    expect((await channel.get(shardPath(before.shards.get('one')!))).status).toBe(200);
  });

  it('has an empty index for every known subdir', async () => {
    const channel = await ownChannel(app, 'c', { privacy: 'public' });
    for (const subdir of ['noarch', 'zos-z']) {
      const answer = await channel.get(`/${subdir}/repodata_shards.msgpack.zst`);
      const { info, shards } = await readIndex(answer);
      expect([info.subdir, info.baseUrl, info.shardsBaseUrl, shards.size]).toEqual([subdir, './', './shards/', 0]);
    }
    expect((await channel.get('/linux-64/repodata_shards.msgpack')).status).toBe(404);
  });

  it('gives no shard of another channel or subdir', async () => {
    const open = await ownChannel(app, 'open', { privacy: 'public' });
    const shut = await ownChannel(app, 'shut');
    await open.upload({ name: 'other', subdir: 'linux-64' });
    await shut.upload({ name: 'secret', subdir: 'linux-64' });
    const { token } = await shut.token();
    const auth = { Authorization: `Bearer ${token}` };
    expect((await shut.get(index)).status).toBe(401);
    const { shards } = await readIndex(await shut.get(index, auth));
    const path = shardPath(shards.get('secret')!);
    const given = await shut.get(path, auth);
    expect([given.status, given.headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
    expect(given.headers.get('vary')).toBe('Authorization, X-Auth');
    expect((await shut.get(path)).status).toBe(401);
    expect((await open.get(path)).status).toBe(404);
    expect((await shut.get(path.replace('linux-64', 'noarch'), auth)).status).toBe(404);
    expect((await open.get(shardPath('0'.repeat(64)))).status).toBe(404);
  });

  it('finds a shard that was asked for too early once it is there', async () => {
    const channel = await ownChannel(app, 'c', { privacy: 'public' });
    const twin = await ownChannel(app, 'twin', { privacy: 'public' });
    await twin.upload({ name: 'one', subdir: 'linux-64' });
    const path = shardPath((await readIndex(await twin.get(index))).shards.get('one')!);
    expect((await channel.get(path)).status).toBe(404);
    await channel.upload({ name: 'one', subdir: 'linux-64' });
    const { shards } = await readIndex(await channel.get(index));
    expect((await channel.get(shardPath(shards.get('one')!))).status).toBe(200);
  });
});
