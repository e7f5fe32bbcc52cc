import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ userChannels: true });
});
afterAll(() => app.close());

const url = '/api/system/settings';

const kept = { collect_grace_hours: 24, retention: { all_days: 30, daily_days: 365 } };

test('PUT keeps keys that it does not know, and those it is not told of', async () => {
  const token = await app.adminToken();
  const ident = { enabled: true, selected_tokens: ['a'] };
  expect((await app.request('GET', url, { token })).json).toEqual({ user_channel_autocreate: true, ...kept });
  const body = { user_channel_autocreate: true, anaconda_ident_settings: ident };
  expect(await app.request('PUT', url, { token, body })).toMatchObject({ status: 200, json: body });
  const after = { ...body, ...kept, user_channel_autocreate: false };
  const off = await app.request('PUT', url, { token, body: { user_channel_autocreate: false } });
  expect([off.status, off.json]).toEqual([200, after]);
  expect((await app.request('GET', url, { token })).json).toEqual(after);

  const events = await app.db.selectFrom('event').select('data').where('action', '=', 'settings_updated').execute();
  expect(events.map(({ data }) => data)).toEqual([
    { changed: { anaconda_ident_settings: {} } },
    { changed: { user_channel_autocreate: { from: true, to: false } } },
  ]);
});

test.each([
  ['a value of another type', { user_channel_autocreate: 'yes' }],
  ['no object', []],
  ['a NUL character', { other: 'a\u0000b' }],
  ['too many keys', Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`k${n}`, n]))],
])('%s: 400', async (_, body) => {
  const answer = await app.request('PUT', url, { token: await app.adminToken(), body });
  expect([answer.status, answer.json.code]).toEqual([400, 'invalid_request']);
});

test('only administrators, by their own sign-in', async () => {
  const admin = await app.adminToken();
  const scopes = (await app.request('GET', '/api/account/scopes', { token: admin })).json.scopes;
  const made = await app.request('POST', '/api/account/tokens', {
    token: admin,
    body: { name: 'all', expires_at: tomorrow(), scopes },
  });
  const who: [number, object][] = [
    [401, {}],
    [403, { token: await app.signIn('ada') }],
    [403, { token: made.json.token }],
  ];
  for (const [status, request] of who) {
    expect((await app.request('GET', url, request)).status).toBe(status);
    const put = await app.request('PUT', url, { ...request, body: { user_channel_autocreate: 7 } });
    expect(put.status).toBe(status);
  }
});

function tomorrow(): string {
  return new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
