import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OwnChannel, ownChannel } from './testing/own-channel.ts';

let app: TestApp;
let channel: OwnChannel;
let path: string;
let whole: Buffer;
beforeAll(async () => {
  app = await startTestApp();
  channel = await ownChannel(app, 'c', { privacy: 'public' });
  await channel.upload({ name: 'one', subdir: 'linux-64' });
  const { blob } = await app.db
    .selectFrom('monolith')
    .select('blob')
    .where('key', '=', 'linux-64/repodata.json.zst')
    .executeTakeFirstOrThrow();
  const digest = Buffer.from(blob).toString('hex');
  path = join(app.dataDir, 'blobs/blobs', digest.slice(0, 2), digest);
  whole = await readFile(path);
});
afterAll(() => app.close());

it.each([
  ['as they are stored', '.zst'],
  ['unpacked', ''],
])('bytes that were damaged are neither sent nor remembered, %s', async (_how, end) => {
  const get = () => channel.get(`/linux-64/repodata.json${end}`, { 'Accept-Encoding': 'identity' });
  const damaged = Buffer.from(whole);
  damaged[whole.length - 8]! ^= 1;
  await writeFile(path, damaged);
  expect((await get()).status).toBe(500);
  await writeFile(path, whole);
  expect((await get()).status).toBe(200);
});
