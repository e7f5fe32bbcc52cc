import { request as ask } from 'node:http';
import { zstdDecompressSync } from 'node:zlib';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownChannel } from '../testing/own-channel.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  const channel = await ownChannel(app, 'c', { privacy: 'public' });
  await channel.upload({ name: 'one', subdir: 'linux-64' });
});
afterAll(() => app.close());

/** A request with just these headers; fetch has some of its own, and unpacks what it gets. */
function get(method: string, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    ask(`${app.url}/api/repo/c${path}`, { method, headers }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) });
    })
      .on('error', reject)
      .end();
  });
}

const plain = '/linux-64/repodata.json';

describe('plain repodata.json', () => {
  it('goes out packed to who takes zstd, and is the same text for all', async () => {
    const stored = await get('GET', `${plain}.zst`);
    const identity = await get('GET', plain);
    const encoded = await get('GET', plain, { 'Accept-Encoding': 'gzip, deflate, br, zstd' });
    expect(encoded.headers).toMatchObject({ 'content-encoding': 'zstd', 'content-type': 'application/json' });
    expect(encoded.body.equals(stored.body)).toBe(true);
    expect(identity.headers['content-encoding']).toBeUndefined();
    expect(identity.body.equals(zstdDecompressSync(stored.body))).toBe(true);
    for (const answer of [identity, encoded]) {
      expect(answer.headers.vary).toBe('Accept-Encoding');
      expect(Number(answer.headers['content-length'])).toBe(answer.body.length);
      expect(answer.headers['last-modified']).toBe(stored.headers['last-modified']);
    }
    const tags = [stored, identity, encoded].map(({ headers }) => String(headers.etag));
    expect(new Set(tags).size).toBe(3);
    expect(new Set(tags.map((tag) => tag.slice(1, 33))).size).toBe(1);
  });

  it.each([
    ['GET', 'zstd;q=0, gzip', undefined],
    ['GET', 'gzip;q=0.5, zstd;q=0.1', 'zstd'],
    ['HEAD', 'zstd', 'zstd'],
    ['HEAD', 'gzip', undefined],
  ])('%s with Accept-Encoding: %s, cold and warm', async (method, accepted, coding) => {
    const shown = [];
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await get(method, plain, { 'Accept-Encoding': accepted });
      const { date, 'x-request-id': id, ...rest } = headers;
      shown.push({ status, ...rest });
    }
    expect(shown[0]).toMatchObject({ status: 200 });
    expect(shown[0]!['content-encoding' as keyof object]).toBe(coding);
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
  });

  it('is not modified for who has it in the coding that is asked for', async () => {
    const accept = { 'Accept-Encoding': 'zstd' };
    const identity = String((await get('GET', plain)).headers.etag);
    const encoded = String((await get('GET', plain, accept)).headers.etag);
    expect((await get('GET', plain, { 'If-None-Match': identity })).status).toBe(304);
    expect((await get('GET', plain, { ...accept, 'If-None-Match': encoded })).status).toBe(304);
    expect((await get('GET', plain, { ...accept, 'If-None-Match': identity })).status).toBe(200);
    expect((await get('GET', plain, { 'If-None-Match': encoded })).status).toBe(200);
  });

  it('never encodes what is asked for packed', async () => {
    for (const file of ['repodata.json.zst', 'repodata_shards.msgpack.zst']) {
      const { headers } = await get('GET', `/linux-64/${file}`, { 'Accept-Encoding': 'zstd' });
      expect(headers['content-encoding']).toBeUndefined();
    }
  });
});
