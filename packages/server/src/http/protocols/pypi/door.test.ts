import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonPage, type PythonChannel, pythonChannel } from '../testing/python-channel.ts';

let app: TestApp;
let channel: PythonChannel;
beforeAll(async () => {
  app = await startTestApp();
  channel = await pythonChannel(app, 'team');
});
afterAll(() => app.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a project has one page in two forms, each with its tag, and its files below it', async () => {
  const wheel = await channel.wheel({ name: 'Foo.Bar', fields: { 'Requires-Python': '>=3.9,<4' } });
  const json = await channel.get('/simple/foo-bar/', { Accept: jsonPage });
  expect([json.status, json.headers.get('content-type')]).toEqual([200, jsonPage]);
  const html = await channel.get('/simple/foo-bar/', { Accept: 'text/html' });
  expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(html.headers.get('etag')).not.toBe(json.headers.get('etag'));
  for (const answer of [json, html]) {
    expect(answer.headers.get('vary')).toBe('Accept, Accept-Encoding');
    expect(answer.headers.get('cache-control')).toBe('public, no-cache');
    const accept = answer.headers.get('content-type')!;
    const again = { Accept: accept, 'If-None-Match': answer.headers.get('etag')! };
    expect((await channel.get('/simple/foo-bar/', again)).status).toBe(304);
  }
  const page = (await json.json()) as { files: [Record<string, string>]; versions: string[] };
  expect(page).toMatchObject({ name: 'foo-bar', versions: ['1.0'], meta: { 'api-version': '1.4' } });
  const [file] = page.files;
  expect(file).toMatchObject({
    filename: wheel.fileName,
    hashes: { sha256: sha256(wheel.bytes) },
    size: wheel.bytes.byteLength,
    'requires-python': '>=3.9,<4',
    yanked: false,
    'core-metadata': { sha256: sha256(Buffer.from(wheel.metadata)) },
  });
  const link = /<a href="([^"#]*)#sha256=([0-9a-f]*)"([^>]*)>([^<]*)<\/a>/.exec(await html.text())!;
  expect(link.slice(2)).toEqual([
    sha256(wheel.bytes),
    expect.stringContaining('data-requires-python="&gt;=3.9,&lt;4"'),
    wheel.fileName,
  ]);
  for (const href of [file.url!, link[1]!]) {
    const got = await fetch(new URL(href, `${app.url}/api/repo/team/simple/foo-bar/`));
    expect(sha256(new Uint8Array(await got.arrayBuffer()))).toBe(sha256(wheel.bytes));
    expect(got.headers.get('content-encoding')).toBeNull();
    const metadata = await fetch(new URL(`${href}.metadata`, `${app.url}/api/repo/team/simple/foo-bar/`));
    expect(await metadata.text()).toBe(wheel.metadata);
  }
});

test('pages are packed for who takes that, each coding with a tag of its own', async () => {
  for (const version of ['1.0', '2.0', '3.0', '4.0']) await channel.wheel({ name: 'packed', version });
  const tags = new Set<string | null>();
  const texts = new Set<string>();
  for (const [coding, unpack] of [
    ['identity', (bytes: Buffer) => bytes],
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ] as const) {
    const { hostname, port } = new URL(app.url);
    const { default: http } = await import('node:http');
    const answer = await new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
      const headers = { Accept: jsonPage, 'Accept-Encoding': coding };
      const path = '/api/repo/team/simple/packed/';
      http
        .get({ hostname, port, path, headers }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part) => parts.push(part));
          response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
        })
        .on('error', reject);
    });
    expect(answer.headers['content-encoding']).toBe(coding === 'identity' ? undefined : coding);
    expect(Number(answer.headers['content-length'])).toBe(answer.body.byteLength);
    tags.add(String(answer.headers.etag));
    texts.add(unpack(answer.body).toString());
  }
  expect([tags.size, texts.size]).toEqual([3, 1]);
});

test('other spellings lead to the one page, whatever stands before them', async () => {
  await channel.wheel({ name: 'led-to' });
  const { json } = await app.request('POST', '/api/account/tokens', {
    token: await app.adminToken(),
    body: { name: 't', expires_at: '2027-06-01', resources: [{ channel: 'team', permission: 'read' }] },
  });
  for (const before of ['/api/repo/team', `/t/${json.token}/api/repo/team`, `/api/repo/t/${json.token}/team`]) {
    for (const path of ['/simple', '/simple/led-to', '/simple/Led_.To', '/simple/LED.to/']) {
      const answer = await fetch(app.url + before + path, { redirect: 'manual' });
      expect(answer.status, path).toBe(301);
      const to = new URL(answer.headers.get('location')!, app.url + before + path);
      expect(to.pathname).toBe(`${before}${path === '/simple' ? '/simple/' : '/simple/led-to/'}`);
      expect((await fetch(to)).status).toBe(200);
    }
  }
  expect((await channel.get('/simple/Led_To?format=x')).headers.get('location')).toBe('led-to/?format=x');
});

test('the list names every project in both forms', async () => {
  await channel.wheel({ name: 'Listed_One' });
  const json = (await (await channel.get('/simple/', { Accept: jsonPage })).json()) as { projects: { name: string }[] };
  expect(json.projects.map(({ name }) => name)).toContain('listed-one');
  const html = await channel.get('/simple/');
  expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const text = await html.text();
  for (const { name } of json.projects) expect(text).toContain(`<a href="${name}/">${name}</a>`);
  expect(text).toContain('<meta name="pypi:repository-version" content="1.4">');
});

test('what is in none of the forms is 406; what is not there 404; what is only read 405', async () => {
  expect((await channel.get('/simple/', { Accept: 'application/json' })).status).toBe(406);
  expect((await channel.get('/simple/nothing/', { Accept: 'image/png' })).status).toBe(406);
  for (const path of ['/simple/nothing/', '/simple/-/', '/simple/a/b/', '/pypi/', '/pypi/a/a-1.0.txt', '/legacy/']) {
    expect((await channel.get(path)).status, path).toBe(404);
  }
  for (const [method, path] of [
    ['POST', '/simple/demo/'],
    ['PUT', '/legacy/'],
    ['POST', '@1/legacy/'],
  ] as const) {
    expect((await fetch(`${app.url}/api/repo/team${path}`, { method })).status).toBe(405);
  }
});
