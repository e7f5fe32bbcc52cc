import { buildCondaPackage } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// Who may do what in a channel, through every door. design.md §7 no. 8, product.md CH-03.

const privacies = ['public', 'authenticated', 'private'] as const;
type Privacy = (typeof privacies)[number];

let app: TestApp;
const tokens: Record<string, string | undefined> = { anonymous: undefined, 'an invalid token': 'slc-nobodys' };
beforeAll(async () => {
  app = await startTestApp();
  const owner = await app.signIn('owner');
  for (const privacy of privacies) {
    const where = `/api/channels/${privacy}`;
    expect(
      (await app.request('POST', '/api/channels', { token: owner, body: { name: privacy, privacy } })).status,
    ).toBe(201);
    const sub = { name: 'sub', privacy };
    expect((await app.request('POST', `${where}/subchannels`, { token: owner, body: sub })).status).toBe(201);
    expect(await upload(where, 'first', owner)).toBe(201);
  }
  await app.jobsDone();
  tokens.owner = owner;
  tokens.admin = await app.adminToken();
  tokens['another user'] = await app.signIn('other');
  tokens['a user without a role'] = await app.signIn('guest', []);
  const issue = async (body: object) => {
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    const answer = await app.request('POST', '/api/account/tokens', {
      token: owner,
      body: { name: 't', expires_at, ...body },
    });
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    return answer.json.token;
  };
  const on = (permission: string) => ({ resources: privacies.map((channel) => ({ channel, permission })) });
  tokens['a read token'] = await issue(on('read'));
  tokens['a write token'] = await issue(on('write'));
  tokens['a token for elsewhere'] = await issue({ resources: [{ channel: 'public/sub', permission: 'manage' }] });
  tokens['a token that may download'] = await issue({ scopes: ['artifact:download'] });
});
afterAll(() => app.close());

let count = 0;
async function upload(where: string, name: string, token: string | undefined): Promise<number> {
  const { fileName, bytes } = await buildCondaPackage({ name });
  const body = new FormData();
  body.append('content', new Blob([Uint8Array.from(bytes)]), fileName);
  return (await app.request('POST', `${where}/artifacts`, { body, ...(token && { token }) })).status;
}

/** What a door answers: a status, or whether a list shows the channel. */
type Answers = { list: boolean; show: number; repodata: number; file: number; missing: number; upload: number };

async function ask(privacy: Privacy, token: string | undefined): Promise<Answers> {
  const get = async (path: string) => app.request('GET', path, token === undefined ? {} : { token });
  const list = await get('/api/channels');
  expect(list.json.items).toHaveLength(list.json.total_count);
  count += 1;
  return {
    list: list.json.items.some(({ name }: { name: string }) => name === privacy),
    show: (await get(`/api/channels/${privacy}`)).status,
    repodata: (await get(`/api/repo/${privacy}/noarch/repodata.json`)).status,
    file: (await get(`/api/repo/${privacy}/noarch/first-1.0-0.conda`)).status,
    missing: (await get(`/api/repo/${privacy}/noarch/second-1.0-0.conda`)).status,
    upload: await upload(`/api/channels/${privacy}`, `new-${count}`, token),
  };
}

const reads = { list: true, show: 200, repodata: 200, file: 200, missing: 404 };
const may: Record<string, Answers> = {
  manage: { ...reads, upload: 201 },
  read: { ...reads, upload: 403 },
  'read, but must sign in for more': { ...reads, upload: 401 },
  'sign in first': { list: false, show: 401, repodata: 401, file: 401, missing: 401, upload: 401 },
  'see nothing': { list: false, show: 404, repodata: 404, file: 404, missing: 404, upload: 404 },
};

const table: [string, Record<Privacy, keyof typeof may | Answers>][] = [
  [
    'anonymous',
    { public: 'read, but must sign in for more', authenticated: 'sign in first', private: 'sign in first' },
  ],
  [
    'an invalid token',
    { public: 'read, but must sign in for more', authenticated: 'sign in first', private: 'sign in first' },
  ],
  ['a user without a role', { public: 'read', authenticated: 'read', private: 'see nothing' }],
  ['another user', { public: 'read', authenticated: 'read', private: 'see nothing' }],
  ['a read token', { public: 'read', authenticated: 'read', private: 'read' }],
  ['a write token', { public: 'manage', authenticated: 'manage', private: 'manage' }],
  ['a token for elsewhere', { public: 'read', authenticated: 'see nothing', private: 'see nothing' }],
  ['owner', { public: 'manage', authenticated: 'manage', private: 'manage' }],
  ['admin', { public: 'manage', authenticated: 'manage', private: 'manage' }],
  [
    // It hides nothing from its owner, but each door asks for its own scope.
    'a token that may download',
    {
      public: { ...reads, upload: 403 },
      authenticated: { ...reads, list: false, show: 403, upload: 403 },
      private: { ...reads, list: false, show: 403, upload: 403 },
    },
  ],
];

describe.each(table)('%s', (who, expected) => {
  test.each(privacies)('at a channel that is %s', async (privacy) => {
    const wanted = expected[privacy];
    expect(await ask(privacy, tokens[who])).toEqual(typeof wanted === 'string' ? may[wanted] : wanted);
  });
});

test('a name that does not exist is answered as a private one', async () => {
  for (const who of ['anonymous', 'another user']) {
    const token = tokens[who];
    const get = (path: string) => app.request('GET', path, token === undefined ? {} : { token });
    for (const path of [
      '/api/channels/%',
      '/api/channels/%/artifacts',
      '/api/repo/%/noarch/repodata.json',
      '/api/repo/%/noarch/a-1-0.conda',
    ]) {
      const [real, made] = await Promise.all(['private', 'nowhere'].map((name) => get(path.replace('%', name))));
      const shape = ({ status, json }: typeof real & object, name: string) => [
        status,
        json.code,
        json.detail.replaceAll(name, '%'),
      ];
      expect(shape(made!, 'nowhere')).toEqual(shape(real!, 'private'));
    }
  }
});

test('who loses the channel loses its token’s rights with it', async () => {
  const token = tokens['a read token']!;
  const { id } = await app.db.selectFrom('account').select('id').where('name', '=', 'other').executeTakeFirstOrThrow();
  await app.db.updateTable('channel').set({ owner_id: id }).where('path', '=', 'private').execute();
  expect((await app.request('GET', '/api/channels/private', { token })).status).toBe(404);
  const { json } = await app.request('GET', '/api/channels', { token });
  expect(json.items.map(({ name }: { name: string }) => name)).toEqual(['authenticated', 'public']);
});
