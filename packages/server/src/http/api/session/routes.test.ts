import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// It stands still: ten guesses may take longer than the minute that they count for.
const now = new Date();
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ clock: () => now });
});
afterAll(() => app.close());

const right = { username: 'admin', password: 'correct horse battery' };

describe('POST /api/auth/login', () => {
  test('answers a JWT with the roles where clients of Keycloak look for them', async () => {
    const answer = await app.request('POST', '/api/auth/login', { body: right });
    expect(answer.status).toBe(200);
    const claims = JSON.parse(Buffer.from(answer.json.token.split('.')[1], 'base64url').toString());
    expect(claims).toMatchObject({ preferred_username: 'admin', realm_access: { roles: ['admin', 'author'] } });
    expect(answer.json.expires_at).toBe(new Date(claims.exp * 1000).toISOString());
    const me = await app.request('GET', '/api/account', { token: answer.json.token });
    expect(me.json).toMatchObject({ name: 'admin', roles: ['admin', 'author'] });
  });

  test.each([
    ['a wrong password', { ...right, password: 'wrong' }],
    ['an unknown name', { ...right, username: 'nobody' }],
  ])('%s: 401, in the same words', async (_, body) => {
    const { status, headers, json } = await app.request('POST', '/api/auth/login', { body });
    expect(status).toBe(401);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toMatchObject({ status: 401, code: 'login_refused', title: 'Unauthorized' });
    expect(json.detail).toBe('Name or password is wrong; check both and try again.');
  });

  test('a body that is not as it should be: 400 with every issue at once', async () => {
    const { status, json } = await app.request('POST', '/api/auth/login', { body: { username: 7 } });
    expect(status).toBe(400);
    expect(json.code).toBe('invalid_request');
    expect(json.issues.map((issue: { path: string }) => issue.path)).toEqual(['body.username', 'body.password']);
  });

  test.each([
    ['broken JSON', '{"username":', 'application/json', 400, 'body_malformed'],
    ['nothing', '', 'application/json', 400, 'invalid_request'],
    ['a form', 'username=admin', 'application/x-www-form-urlencoded', 415, 'media_type'],
    ['two megabytes', JSON.stringify({ username: 'x'.repeat(2e6) }), 'application/json', 413, 'body_too_large'],
    ['a poisoned prototype', '{"__proto__":{"x":1}}', 'application/json', 400, 'body_malformed'],
  ])('%s: a problem that says so', async (_, body, type, status, code) => {
    const answer = await app.request('POST', '/api/auth/login', { body, headers: { 'content-type': type } });
    expect({ status: answer.status, code: answer.json.code }).toEqual({ status, code });
  });

  test('the eleventh wrong password within a minute: 429 with Retry-After', async () => {
    const guess = (n: number) =>
      app.request('POST', '/api/auth/login', { body: { username: 'guessed', password: `guess ${n}` } });
    for (let n = 0; n < 10; n += 1) expect((await guess(n)).status).toBe(401);
    const answer = await guess(10);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect((await app.request('POST', '/api/auth/login', { body: right })).status).toBe(200);
  });
});

describe('POST /api/logout', () => {
  test('ends the session: its JWT is refused from the next request on', async () => {
    const { token } = (await app.request('POST', '/api/auth/login', { body: right })).json;
    expect((await app.request('GET', '/api/account', { token })).status).toBe(200);
    expect(await app.request('POST', '/api/logout', { token })).toMatchObject({ status: 204, text: '' });
    expect((await app.request('GET', '/api/account', { token })).status).toBe(401);
  });

  test('without a session: 401', async () => {
    expect((await app.request('POST', '/api/logout')).status).toBe(401);
  });

  test('not by GET: a link must not sign anybody out', async () => {
    const token = await app.adminToken();
    expect((await app.request('GET', '/api/logout', { token })).status).toBe(404);
    expect((await app.request('GET', '/api/account', { token })).status).toBe(200);
  });
});
