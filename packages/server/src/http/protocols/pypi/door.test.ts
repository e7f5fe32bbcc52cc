import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { buildWheel } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { basic, jsonPage, type PythonChannel, pythonChannel } from '../testing/python-channel.ts';

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

test('file names with signs that URLs know otherwise are found by the links of the page', async () => {
  await channel.wheel({ name: 'signs', version: '1!2.0+local.1' });
  const [file] = (await channel.page('signs')).files;
  expect(file!.url).toBe('../../pypi/signs/signs-1!2.0%2Blocal.1-py3-none-any.whl');
  const page = `${app.url}/api/repo/team/simple/signs/`;
  expect((await fetch(new URL(String(file!.url), page))).status).toBe(200);
});

test('the past lists what was published then, and says of others that they were not', async () => {
  const past = await pythonChannel(app, 'past');
  await past.wheel({ name: 'first' });
  const later = await past.wheel({ name: 'later' });
  const listed = await past.get('@1/simple/first/', { Accept: jsonPage });
  expect([listed.status, listed.headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
  const unlisted = await past.get('@1/simple/later/');
  expect([unlisted.status, unlisted.statusText]).toEqual([451, 'later is not in this publication of channel past@1.']);
  expect((await past.get(`@1/pypi/later/${later.fileName}`)).status).toBe(404);
  expect((await past.get('@2/simple/later/')).status).toBe(200);
  const names = async (path: string) =>
    ((await (await past.get(path, { Accept: jsonPage })).json()) as { projects: object[] }).projects;
  expect(await names('/simple/')).toEqual([{ name: 'first' }, { name: 'later' }]);
});

test('pages are packed for who takes that, each coding with a tag of its own', async () => {
  const versions = Array.from({ length: 12 }, (_, n) => `${n}.0`);
  for (const version of versions) await channel.send(await buildWheel({ name: 'packed', version }));
  await app.jobsDone();
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
    body: { name: 't', expires_at: app.inDays(30), resources: [{ channel: 'team', permission: 'read' }] },
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

test('a project of which rules let nothing through says why, to pip in the one way it shows', async () => {
  const strict = await pythonChannel(app, 'strict', { filters: { exclude_specs: ['kept-out', 'partly >=2'] } });
  for (const [name, version] of [
    ['kept-out', '1.0'],
    ['partly', '1.0'],
    ['partly', '2.0'],
  ] as const) {
    await strict.wheel({ name, version });
  }
  const refused = await strict.get('/simple/kept-out/', { Accept: jsonPage });
  const problem = (await refused.json()) as { detail: string };
  expect([refused.status, refused.statusText, refused.headers.get('cache-control'), problem]).toEqual([
    451,
    problem.detail.slice(0, 200),
    'no-store',
    expect.objectContaining({
      code: 'project_refused',
      reasons: [expect.objectContaining({ code: 'channel_exclude_specs' })],
    }),
  ]);
  expect(problem.detail).toMatch(/^kept-out is blocked by channel strict: rule "exclude_specs: kept-out/);
  for (let time = 0; time < 2; time++) {
    const pip = await strict.get('/simple/kept-out/', { Accept: jsonPage, 'User-Agent': 'pip/26.3 {}' });
    expect([pip.status, pip.headers.get('vary')]).toEqual([200, 'User-Agent']);
    expect(pip.headers.get('content-type')).toMatch(
      /^text\/plain; charset=utf-8; reason="kept-out is blocked by channel strict: rule 'exclude_specs: kept-out/,
    );
    expect((await strict.get('/simple/kept-out/', { Accept: jsonPage })).status).toBe(451);
  }
  expect((await strict.page('partly')).versions).toEqual(['1.0']);
  const file = await strict.get('/pypi/partly/partly-2.0-py3-none-any.whl');
  expect([file.status, file.statusText]).toEqual([
    403,
    expect.stringMatching(/^partly-2\.0-py3-none-any\.whl is blocked /),
  ]);
  expect((await strict.get('/pypi/partly/partly-2.0-py3-none-any.whl.metadata')).status).toBe(403);
  expect((await strict.get('/simple/nothing/')).status).toBe(404);
});

test('a private channel shows nothing of itself to who may not read it', async () => {
  const closed = await pythonChannel(app, 'closed', { privacy: 'private' });
  const wheel = await closed.wheel({ name: 'inside' });
  for (const path of [
    '/simple/',
    '/simple/inside/',
    '/simple/Inside',
    '/simple/nothing/',
    `/pypi/inside/${wheel.fileName}`,
  ]) {
    const answer = await closed.get(path);
    expect([answer.status, answer.headers.get('www-authenticate')], path).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ]);
  }
  const { json } = await app.request('POST', '/api/account/tokens', {
    token: await app.adminToken(),
    body: { name: 'r', expires_at: app.inDays(30), resources: [{ channel: 'closed', permission: 'read' }] },
  });
  const page = await closed.get('/simple/inside/', { Authorization: basic('__token__', json.token), Accept: jsonPage });
  expect([page.status, page.headers.get('cache-control'), page.headers.get('vary')]).toEqual([
    200,
    'private, no-cache',
    'Accept, Accept-Encoding, Authorization, X-Auth',
  ]);
});
