import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from './index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('the client speaks to the server it was generated from', async () => {
  const login = await createClient({ url: `${app.url}/` }).POST('/api/auth/login', {
    body: { username: 'admin', password: 'correct horse battery' },
  });
  const client = createClient({ url: app.url, token: login.data?.token });
  expect((await client.GET('/api/account')).data?.name).toBe('admin');
});

test('a refusal is a value with the problem in it', async () => {
  const { data, error, response } = await createClient({ url: app.url, token: 'slc-nonsense' }).GET('/api/account');
  expect([data, error?.code, response.status]).toEqual([undefined, 'unauthenticated', 401]);
});
