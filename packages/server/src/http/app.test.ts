import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const lines = (path: string) => app.log.map((line) => JSON.parse(line)).filter((line) => line.path === path);

test('the page at / says what this is, with the address the client used, and runs nothing', async () => {
  const { status, headers, text } = await app.request('GET', '/');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(text).toContain(`conda config --set channel_alias ${app.url}/api/repo`);
  expect(text).toContain('href="/swagger/ui"');
  expect(text).toContain('<html lang="en">');
  expect(text).not.toContain('<script');
});

test('the API describes itself, and the description is whole', async () => {
  const { status, json } = await app.request('GET', '/swagger/json');
  expect(status).toBe(200);
  expect(json.openapi).toBe('3.1.0');
  const operations = Object.values(json.paths).flatMap((path) => Object.values(path as object)) as {
    operationId: string;
    tags: string[];
    summary: string;
  }[];
  for (const operation of operations) {
    expect(operation.operationId).toMatch(/^[a-z]+_[a-z_]+$/);
    expect(operation.tags).toHaveLength(1);
    expect(operation.summary.length).toBeGreaterThan(5);
  }
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain('create_token');
  const text = JSON.stringify(json);
  const referred = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1]));
  expect(Object.keys(json.components.schemas).sort()).toEqual([...referred].sort());
});

test('Swagger UI comes from here, with nothing from elsewhere', async () => {
  const page = await app.request('GET', '/swagger/ui/');
  expect(page.status).toBe(200);
  const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
  expect(assets.length).toBeGreaterThan(3);
  for (const asset of assets) {
    const url = new URL(asset, `${app.url}/swagger/ui/`);
    expect(url.origin).toBe(app.url);
    expect((await app.request('GET', url.pathname)).status).toBe(200);
  }
  expect((await app.request('GET', '/swagger/ui/static/swagger-initializer.js')).text).toContain('/swagger/json');
});

describe('errors', () => {
  test.each([
    ['GET', '/nowhere'],
    ['GET', '/api/nowhere'],
    ['DELETE', '/api/account'],
    ['GET', '/health/nowhere'],
    ['GET', '/%zz'],
  ])('%s %s: a problem', async (method, path) => {
    const { status, headers, json } = await app.request(method, path);
    expect(status).toBe(path === '/%zz' ? 400 : 404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json.request_id).toBe(headers.get('x-request-id'));
  });

  test('HEAD has the head of a GET and no body', async () => {
    const [get, head] = [await app.request('GET', '/nowhere'), await app.request('HEAD', '/nowhere')];
    expect(head).toMatchObject({ status: 404, text: '' });
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
  });
});

test('a text that no database keeps is refused wherever it stands, and is no fault of ours', async () => {
  const token = await app.adminToken();
  const before = app.log.filter((line) => line.includes('request failed')).length;
  for (const [method, path, body] of [
    ['GET', '/api/channels/%00', undefined],
    ['GET', '/api/channels?q=%00', undefined],
    ['POST', '/api/channels', { name: 'nul', description: 'a\0b' }],
  ] as const) {
    const { status, json } = await app.request(method, path, { token, ...(body && { body }) });
    expect([status, json.code], path).toEqual([400, 'invalid_request']);
  }
  expect(app.log.filter((line) => line.includes('request failed'))).toHaveLength(before);
});

test('every answer forbids sniffing and referring', async () => {
  for (const path of ['/', '/api/account', '/nowhere', '/health/live', '/swagger/json', '/metrics']) {
    const { headers } = await app.request('GET', path);
    expect([path, headers.get('x-content-type-options'), headers.get('referrer-policy')]).toEqual([
      path,
      'nosniff',
      'no-referrer',
    ]);
  }
  const api = await app.request('GET', '/api/account');
  expect(api.headers.get('cache-control')).toBe('no-store');
});

test('health and figures', async () => {
  expect(await app.request('GET', '/health/live')).toMatchObject({ status: 200, json: { status: 'live' } });
  expect(await app.request('GET', '/health/ready')).toMatchObject({ status: 200, json: { status: 'ready' } });
  await app.request('GET', '/api/account/tokens/00000000-0000-4000-8000-000000000000');
  const { text } = await app.request('GET', '/metrics');
  expect(text).toContain('sluice_http_request_duration_seconds_count{method="GET",route="/health/ready",status="200"}');
  expect(text).not.toContain('00000000-0000');
});

test('a line for a request, with its id and who asked, and none for health', async () => {
  const token = await app.adminToken();
  const { headers } = await app.request('GET', '/api/account', { token });
  await app.request('GET', '/health/live');
  await expect
    .poll(() => lines('/api/account').at(-1))
    .toMatchObject({
      request_id: headers.get('x-request-id'),
      method: 'GET',
      status: 200,
      actor: 'admin',
    });
  expect(lines('/health/live')).toEqual([]);
});

test('a token in the path is in no line, not even when the path leads nowhere', async () => {
  const secret = 'slc-Secret0Secret0Secret0';
  await app.request('GET', `/t/${secret}/api/nowhere?x=/t/${secret}/`);
  await app.request('GET', '/api/account', { headers: { 'x-auth': secret } });
  await expect.poll(() => lines('/api/nowhere')).toHaveLength(2);
  expect(app.log.join('')).not.toContain('Secret0');
});
