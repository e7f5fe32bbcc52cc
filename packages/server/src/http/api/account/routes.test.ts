import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('GET /api/account tells who asks, however they sign in', async () => {
  const session = await app.adminToken();
  const body = { name: 'ci', expires_at: tomorrow(), scopes: ['artifact:download'] };
  const { token } = (await app.request('POST', '/api/account/tokens', { token: session, body })).json;
  const ways: [path: string, headers: Record<string, string>][] = [
    ['/api/account', { authorization: `Bearer ${session}` }],
    ['/api/account', { authorization: `Bearer ${token}` }],
    ['/api/account', { authorization: `token ${token}` }],
    ['/api/account', { 'x-auth': token }],
    ['/api/account', { 'x-api-key': token }],
    ['/api/account', { authorization: basic(`__token__:${token}`) }],
    ['/api/account', { authorization: basic(`${token}:`) }],
    ['/api/account', { authorization: basic('admin:correct horse battery') }],
    [`/t/${token}/api/account`, {}],
  ];
  for (const [path, headers] of ways) {
    const { status, json } = await app.request('GET', path, { headers });
    expect([path, headers, status, json?.name]).toEqual([path, headers, 200, 'admin']);
  }
});

test.each([
  ['nobody', {}, 'anonymous'],
  ['an unknown token', { 'x-auth': 'slc-nonsense' }, 'an invalid credential'],
  ['a forged session', { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.' }, 'an invalid credential'],
  ['a wrong password', { authorization: basic('admin:wrong') }, 'an invalid credential'],
])('%s: 401 with a challenge', async (_, headers, found) => {
  const answer = await app.request('GET', '/api/account', { headers: headers as Record<string, string> });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sluice"');
  expect(answer.json).toMatchObject({ code: 'unauthenticated', found });
});

test('GET /api/account/scopes lists what a token may carry', async () => {
  const { json } = await app.request('GET', '/api/account/scopes', { token: await app.adminToken() });
  expect(json.scopes).toContain('channel.mirror:edit');
  expect((await app.request('GET', '/api/account/scopes')).status).toBe(401);
});

test('the body of a GET is ignored', async () => {
  const token = await app.adminToken();
  // fetch refuses to send one, so this is written by hand.
  const { hostname, port } = new URL(app.url);
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': 9 };
    const call = request({ hostname, port, path: '/api/account', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.on('error', reject);
    call.end('{"a": 1x}');
  });
  expect(status).toBe(200);
});

function tomorrow(): string {
  return new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
