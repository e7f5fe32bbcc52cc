import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ clock: () => new Date('2026-11-20T10:00:00Z') });
});
afterAll(() => app.close());

const path = '/api/account/tokens';
const scopeToken = { name: 'ci', expires_at: '2026-12-31', scopes: ['artifact:download', 'artifact:view'] };

async function create(body: object = scopeToken) {
  const answer = await app.request('POST', path, { token: await app.adminToken(), body });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json as { id: string; token: string };
}

describe('creating', () => {
  test('answers the token with its value, this once', async () => {
    const created = await create();
    expect(created).toEqual({
      id: expect.any(String),
      token: expect.stringMatching(/^slc-[A-Za-z0-9]{32}$/),
      name: 'ci',
      type: 'scope',
      scopes: ['artifact:download', 'artifact:view'],
      created_at: '2026-11-20T10:00:00.000Z',
      expires_at: '2027-01-01T00:00:00.000Z',
      last_used_at: null,
    });
    const list = await app.request('GET', path, { token: await app.adminToken() });
    expect(list.text).not.toContain(created.token);
    expect(list.json.items.find((item: { id: string }) => item.id === created.id)).toEqual({
      ...created,
      token: undefined,
    });
  });

  test.each([
    ['both kinds', { ...scopeToken, resources: [{ channel: 'c', permission: 'read' }] }, 'token_grants'],
    ['neither kind', { ...scopeToken, scopes: undefined }, 'token_grants'],
    ['a scope there is not', { ...scopeToken, scopes: ['artifact:fly'] }, 'token_scope'],
    [
      'a channel there is not',
      { ...scopeToken, scopes: undefined, resources: [{ channel: 'c', permission: 'read' }] },
      'token_resource',
    ],
    ['a date of the past', { ...scopeToken, expires_at: '2026-11-19' }, 'token_expiry'],
    ['a date too far ahead', { ...scopeToken, expires_at: '2028-01-01' }, 'token_expiry'],
    ['no date', { ...scopeToken, expires_at: 'soon' }, 'invalid_request'],
    ['no name', { ...scopeToken, name: ' ' }, 'invalid_request'],
    [
      'a permission there is not',
      { ...scopeToken, scopes: undefined, resources: [{ channel: 'c', permission: 'own' }] },
      'invalid_request',
    ],
  ])('%s: 400', async (_, body, code) => {
    const answer = await app.request('POST', path, { token: await app.adminToken(), body });
    expect({ status: answer.status, code: answer.json.code }).toEqual({ status: 400, code });
  });
});

test('the list is paged, newest first, and counts them all', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.push((await create()).id);
  const token = await app.adminToken();
  const whole = (await app.request('GET', path, { token })).json;
  expect(whole.total_count).toBe(whole.items.length);
  const seen: string[] = [];
  for (let offset = 0; offset < whole.total_count; offset += 2) {
    const page = (await app.request('GET', `${path}?limit=2&offset=${offset}`, { token })).json;
    expect(page.total_count).toBe(whole.total_count);
    seen.push(...page.items.map((item: { id: string }) => item.id));
  }
  expect(seen).toEqual(whole.items.map((item: { id: string }) => item.id));
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining(ids));
});

test.each(['limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'limit=1.5'])('a page of %s: 400', async (query) => {
  const { status } = await app.request('GET', `${path}?${query}`, { token: await app.adminToken() });
  expect(status).toBe(400);
});

test('a refresh gives a new value and the old one is nothing, at once', async () => {
  const { id, token: old } = await create();
  expect(await statusOf(old)).toBe(200);
  const answer = await app.request('PUT', `${path}/${id}`, { token: await app.adminToken(), body: {} });
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({ id, name: 'ci' });
  expect(answer.json.token).not.toBe(old);
  expect(await statusOf(answer.json.token)).toBe(200);
  expect(await statusOf(old)).toBe(401);
});

test('a refresh needs no body', async () => {
  const { id } = await create();
  const token = await app.adminToken();
  expect((await app.request('PUT', `${path}/${id}`, { token })).status).toBe(200);
  const empty = { token, headers: { 'content-type': 'application/json' }, body: '' };
  expect((await app.request('PUT', `${path}/${id}`, empty)).status).toBe(200);
});

test('a token that is revoked is refused; a second time there is none', async () => {
  const { id, token: revoked } = await create();
  expect(await statusOf(revoked)).toBe(200);
  const token = await app.adminToken();
  const headers = { 'content-type': 'application/json' };
  expect(await app.request('DELETE', `${path}/${id}`, { token, headers })).toMatchObject({ status: 204, text: '' });
  expect(await statusOf(revoked)).toBe(401);
  expect(await app.request('DELETE', `${path}/${id}`, { token })).toMatchObject({
    status: 404,
    json: { code: 'token_unknown' },
  });
  expect((await app.request('DELETE', `${path}/none`, { token })).status).toBe(400);
});

test('a token cannot make, list, refresh or revoke tokens, whatever its scopes', async () => {
  const admin = await app.adminToken();
  const { scopes } = (await app.request('GET', '/api/account/scopes', { token: admin })).json;
  const { id, token } = await create({ ...scopeToken, scopes });
  const calls: [string, string][] = [
    ['GET', path],
    ['POST', path],
    ['PUT', `${path}/${id}`],
    ['DELETE', `${path}/${id}`],
  ];
  for (const [method, url] of calls) {
    const body = method === 'POST' ? scopeToken : undefined;
    expect(await app.request(method, url, { token, body })).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  }
  for (const [method, url] of calls) {
    const body = method === 'POST' ? scopeToken : undefined;
    expect((await app.request(method, url, { body })).status).toBe(401);
  }
});

test('a token can ask what it is; a session is no token', async () => {
  const { id, token } = await create();
  const info = await app.request('GET', '/api/account/token-info', { headers: { 'x-auth': token } });
  expect(info.json).toMatchObject({
    id,
    name: 'ci',
    type: 'scope',
    account: 'admin',
    expires_at: '2027-01-01T00:00:00.000Z',
  });
  expect(info.text).not.toContain(token);
  const session = await app.request('GET', '/api/account/token-info', { token: await app.adminToken() });
  expect(session).toMatchObject({ status: 400, json: { code: 'not_a_token', found: 'a session' } });
});

async function statusOf(token: string): Promise<number> {
  return (await app.request('GET', '/api/account', { headers: { 'x-auth': token } })).status;
}
