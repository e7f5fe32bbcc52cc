import { randomBytes } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownChannel } from './testing/own-channel.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.close());

it('takes a client that goes away for no failure of its own', async () => {
  const channel = await ownChannel(app, 'c', { privacy: 'public' });
  const { fileName } = await channel.upload({
    name: 'big',
    subdir: 'linux-64',
    files: { noise: randomBytes(30_000_000) },
  });
  const lines = app.log.length;
  const take = (answer: IncomingMessage) => answer.once('data', () => call.destroy());
  const call = get(`${app.url}/api/repo/c/linux-64/${fileName}`, take);
  call.on('error', () => {});
  await expect.poll(() => app.log.slice(lines).filter((line) => line.includes('"cut":true')).length).toBe(1);
  // The next one is noted after whatever the one before has had to say.
  await app.request('GET', '/api/channels/c');
  expect(app.log.slice(lines).filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
