import { randomUUID } from 'node:crypto';
import { enqueue } from '@sluice/catalog';
import { createTestDatabase } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, expect, test } from 'vitest';

const apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(options: Parameters<typeof startTestApp>[0]): Promise<TestApp> {
  const app = await startTestApp(options);
  apps.push(app);
  return app;
}

async function oldSession(app: TestApp): Promise<() => Promise<boolean>> {
  const id = randomUUID();
  const long = new Date('2020-01-01');
  const { id: account_id } = await app.db.selectFrom('account').select('id').executeTakeFirstOrThrow();
  await app.db
    .insertInto('session')
    .values({ id, account_id, created_at: long, expires_at: long, ended_at: null })
    .execute();
  return async () => (await app.db.selectFrom('session').select('id').where('id', '=', id).execute()).length === 1;
}

test('jobs run in a thread of their own', async () => {
  const app = await start({ jobs: 'thread' });
  const isThere = await oldSession(app);
  await enqueue(app.db, 'sweep-sessions', {});
  await app.jobsDone();
  expect(await isThere()).toBe(false);
});

test('a process without the role worker leaves jobs alone', async () => {
  const app = await start({ env: { SLUICE_ROLES: 'web' } });
  const isThere = await oldSession(app);
  await enqueue(app.db, 'sweep-sessions', {});
  await app.request('GET', '/api/account');
  expect(await isThere()).toBe(true);
  // Another node does what this one leaves; it goes first, being the later one.
  apps.unshift(await startTestApp({ env: { DATABASE_URL: app.databaseUrl } }));
  await app.jobsDone();
  expect(await isThere()).toBe(false);
});

test('a process without the role web answers for its health only', async () => {
  const app = await start({ env: { SLUICE_ROLES: 'worker' } });
  expect((await app.request('GET', '/health/ready')).status).toBe(200);
  expect(await app.request('GET', '/api/account')).toMatchObject({ status: 404, json: { code: 'not_found' } });
});

test('what one node revokes the others refuse', async () => {
  const database = await createTestDatabase();
  const env = { DATABASE_URL: database.connectionString, SLUICE_SECRET_KEY: 'the same key on every node, of course' };
  const [one, two] = [await start({ env }), await start({ env })];
  const session = await one.adminToken();
  const body = { name: 'ci', expires_at: new Date(Date.now() + 86_400_000).toISOString(), scopes: ['artifact:view'] };
  const { id, token } = (await one.request('POST', '/api/account/tokens', { token: session, body })).json;
  const atTwo = async (shown: string) => (await two.request('GET', '/api/account', { token: shown })).status;
  expect([await atTwo(token), await atTwo(session)]).toEqual([200, 200]);
  await one.request('DELETE', `/api/account/tokens/${id}`, { token: session });
  await one.request('POST', '/api/logout', { token: session });
  await expect.poll(() => atTwo(token)).toBe(401);
  await expect.poll(() => atTwo(session)).toBe(401);
  for (const app of apps.splice(0)) await app.close();
  await database.close();
});
