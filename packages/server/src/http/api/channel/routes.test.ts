import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  token = await app.adminToken();
});
afterAll(() => app.close());

test('create', async () => {
  const answer = await app.request('POST', '/api/channels', { token, body: { name: 'a' } });
  expect([answer.status, answer.json]).toEqual([201, {}]);
});
