import { findAccountByName, insertAccount } from '@sluice/catalog';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
let admin: string;
beforeAll(async () => {
  app = await startTestApp({ userChannels: true });
  admin = await app.adminToken();
});
afterAll(() => app.close());

const account = async (token: string) => (await app.request('GET', '/api/account', { token })).json;
const own = async (token: string) =>
  (await app.request('GET', '/api/account/channels', { token })).json.items.map(({ name }: { name: string }) => name);
const signInAgain = (username: string) =>
  app.request('POST', '/api/auth/login', { body: { username, password: 'correct horse battery' } });
const choose = (token: string, name: unknown) =>
  app.request('PUT', '/api/account', { token, body: { default_channel_name: name } });

describe('the first sign-in', () => {
  test('also of the first admin, creates a private channel that is the default', async () => {
    expect(await account(admin)).toMatchObject({ default_channel_name: 'admin' });
    const ada = await app.signIn('Ada.Lovelace@example.org');
    expect(await account(ada)).toMatchObject({ default_channel_name: 'ada_lovelace' });
    const channel = await app.request('GET', '/api/channels/ada_lovelace', { token: ada });
    expect(channel.json).toMatchObject({ privacy: 'private', owners: ['Ada.Lovelace@example.org'] });
    const history = await app.request('GET', '/api/channels/ada_lovelace/history', { token: ada });
    expect(history.json.items).toMatchObject([
      { event_type: 'channel_created', meta: { actor: 'Ada.Lovelace@example.org' } },
    ]);
  });

  test('creates none when the name is taken, or cannot name a channel', async () => {
    const second = await app.signIn('ada_lovelace');
    const simple = await app.signIn('simple');
    for (const token of [second, simple]) {
      expect(await account(token)).toMatchObject({ default_channel_name: null });
      expect(await own(token)).toEqual([]);
    }
  });

  test('twice at once creates one', async () => {
    const { password_hash } = (await findAccountByName(app.db, 'admin'))!;
    const created_at = new Date();
    await insertAccount(app.db, { id: crypto.randomUUID(), name: 'twin', password_hash, roles: [], created_at });
    const answers = await Promise.all([1, 2, 3].map(() => signInAgain('twin')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await account(answers[2]!.json.token)).toMatchObject({ default_channel_name: 'twin' });
    const events = app.db.selectFrom('event').select('id').where('channel', '=', 'twin');
    expect(await events.execute()).toHaveLength(1);
  });

  test('only the first: what was deleted does not come back', async () => {
    const token = await app.signIn('once');
    expect((await app.request('DELETE', '/api/channels/once', { token })).status).toBe(202);
    expect(await account(token)).toMatchObject({ default_channel_name: null });
    await app.jobsDone();
    const again = (await signInAgain('once')).json.token;
    expect(await account(again)).toMatchObject({ default_channel_name: null });
    expect(await own(again)).toEqual([]);
  });

  test('creates none while the setting is off, also not later', async () => {
    const set = (on: boolean) =>
      app.request('PUT', '/api/system/settings', { token: admin, body: { user_channel_autocreate: on } });
    await set(false);
    const token = await app.signIn('late');
    await set(true);
    await signInAgain('late');
    expect(await account(token)).toMatchObject({ default_channel_name: null });
    expect(await own(token)).toEqual([]);
  });
});

describe('choosing another', () => {
  test('takes a channel or subchannel that one may write to, or none', async () => {
    const token = await app.signIn('grace');
    await app.request('POST', '/api/channels', { token, body: { name: 'team' } });
    await app.request('POST', '/api/channels/team/subchannels', { token, body: { name: 'dev' } });
    for (const name of ['team', 'team/dev', null, 'grace']) {
      expect(await choose(token, name)).toMatchObject({ status: 200, json: { default_channel_name: name } });
    }
    const nothing = await app.request('PUT', '/api/account', { token, body: {} });
    expect(nothing.json).toMatchObject({ name: 'grace', default_channel_name: 'grace' });
  });

  test('refuses what is not there, not visible, not writable, or not a name; nothing changes', async () => {
    const token = await app.signIn('bob');
    const body = { name: 'open', privacy: 'public' };
    await app.request('POST', '/api/channels', { token: admin, body });
    for (const [name, status] of [
      ['nowhere', 404],
      ['admin', 404],
      ['open', 403],
      [7, 400],
    ] as const) {
      expect([name, (await choose(token, name)).status]).toEqual([name, status]);
    }
    expect(await account(token)).toMatchObject({ default_channel_name: 'bob' });
  });

  test('asks for the account itself, not for a token', async () => {
    const session = await app.signIn('eve');
    const made = await app.request('POST', '/api/account/tokens', {
      token: session,
      body: { name: 'ci', expires_at: tomorrow(), resources: [{ channel: 'eve', permission: 'manage' }] },
    });
    expect((await choose(made.json.token, 'eve')).status).toBe(403);
    expect((await app.request('PUT', '/api/account', { body: {} })).status).toBe(401);
    expect(await account(made.json.token)).toMatchObject({ default_channel_name: 'eve' });
  });
});

function tomorrow(): string {
  return new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
