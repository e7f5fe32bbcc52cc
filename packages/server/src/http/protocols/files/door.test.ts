import { createHash } from 'node:crypto';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  token = await app.adminToken();
  await post('/api/channels', { name: 'tools', privacy: 'public', types: ['conda', 'file'] });
});
afterAll(() => app.close());

const post = (path: string, body: unknown) => app.request('POST', path, { token, body });
const bytes = (text: string) => Buffer.from(text.repeat(1000));

async function upload(fileName: string, content: Buffer, fields: Record<string, string>, channel = 'tools') {
  const form = new FormData();
  form.set('filetype', 'file');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('content', new Blob([new Uint8Array(content)]), fileName);
  const answer = await fetch(`${app.url}/api/channels/${channel}/artifacts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${app.url}/api/repo/${path}`, { headers });

test('a general file is uploaded under a name, listed, downloaded in parts, and deleted', async () => {
  const content = bytes('setup ');
  const made = await upload('Setup-1.2.exe', content, { name: 'setup', version: '1.2' });
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(made).toMatchObject({
    status: 201,
    body: { name: 'setup', family: 'file', version: '1.2', ckey: 'files/setup/1.2/Setup-1.2.exe', sha256 },
  });
  expect((await upload('Setup-1.2.exe', content, { name: 'setup', version: '1.2' })).status).toBe(200);
  expect((await upload('Setup-1.2.exe', bytes('other '), { name: 'setup', version: '1.2' })).status).toBe(409);
  expect((await upload('notes.tar.gz', bytes('notes '), { name: 'setup' })).body.ckey).toBe('files/setup/notes.tar.gz');
  await app.jobsDone();

  const listed = await app.request('GET', '/api/channels/tools/artifacts', { token });
  expect(listed.json).toMatchObject({ total_count: 1, items: [{ name: 'setup', family: 'file', file_count: 2 }] });
  const files = await app.request('GET', '/api/channels/tools/artifacts/file/setup/files', { token });
  expect(files.json.items).toMatchObject([
    { ckey: 'files/setup/1.2/Setup-1.2.exe', metadata: { version: '1.2', 'file.json': { sha256, size: 6000 } } },
    { ckey: 'files/setup/notes.tar.gz' },
  ]);

  const whole = await get('tools/files/setup/1.2/Setup-1.2.exe');
  expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
  const etag = whole.headers.get('etag')!;
  expect(etag).toContain(sha256);
  const part = await get('tools/files/setup/1.2/Setup-1.2.exe', { range: 'bytes=6-10' });
  expect([part.status, await part.text()]).toEqual([206, 'setup']);
  expect((await get('tools/files/setup/1.2/Setup-1.2.exe', { 'if-none-match': etag })).status).toBe(304);
  expect((await get('tools/files/setup/1.3/Setup-1.2.exe')).status).toBe(404);
  expect((await get('tools/files/')).status).toBe(404);

  const one = '/api/channels/tools/artifacts/file/setup/files/1.2:Setup-1.2.exe';
  expect((await app.request('DELETE', one, { token })).status).toBe(204);
  expect((await get('tools/files/setup/1.2/Setup-1.2.exe')).status).toBe(410);
  await app.jobsDone();
  expect((await get('tools/files/setup/notes.tar.gz')).status).toBe(200);
});

test('a .conda that is kept as a general file is no package, and can be one besides', async () => {
  const made = await upload('tool-1.0-0.conda', bytes('no zip '), { name: 'kept' });
  expect(made).toMatchObject({ status: 201, body: { ckey: 'files/kept/tool-1.0-0.conda' } });
  await app.jobsDone();
  expect((await get('tools/files/kept/tool-1.0-0.conda')).status).toBe(200);
  expect(((await (await get('tools/noarch/repodata.json')).json()) as { packages: object }).packages).toEqual({});
});

test('rules of names hold for them', async () => {
  await post('/api/channels', {
    name: 'ruled',
    privacy: 'public',
    types: ['conda', 'file'],
    filters: { exclude_specs: ['bad*', 'setup <2'] },
  });
  await upload('a.zip', bytes('a '), { name: 'bad-one' }, 'ruled');
  await upload('b.zip', bytes('b '), { name: 'setup', version: '1.9-1' }, 'ruled');
  await upload('b.zip', bytes('c '), { name: 'setup', version: '2024.10-1' }, 'ruled');
  await app.jobsDone();
  const statuses = ['bad-one/a.zip', 'setup/1.9-1/b.zip', 'setup/2024.10-1/b.zip'].map(
    async (path) => (await get(`ruled/files/${path}`)).status,
  );
  expect(await Promise.all(statuses)).toEqual([403, 403, 200]);
});

test('a check finds nothing wrong with them, and a collection keeps them', async () => {
  await upload('keep.zip', bytes('keep '), { name: 'stays' });
  await app.jobsDone();
  for (const [verb, body] of [
    ['check', { deep: true }],
    ['collect', {}],
  ] as const) {
    const begun = await post(`/api/maintenance/${verb}`, body);
    await app.jobsDone();
    const { json } = await app.request('GET', `/api/maintenance/${begun.json.id}`, { token });
    expect(json).toMatchObject({ state: 'completed' });
    if (verb === 'check') expect(json.check.findings).toEqual([]);
  }
  expect((await get('tools/files/stays/keep.zip')).status).toBe(200);
});

test.each([
  ['setup.exe', {}, 'file_name'],
  ['setup.exe', { name: '../x' }, 'file_name'],
  ['setup.exe', { name: 'Setup' }, 'file_name'],
  ['setup.exe', { name: 'linux-64' }, 'file_name'],
  ['setup.exe', { name: 'simple' }, 'file_name'],
  ['setup.exe', { name: 'rss.xml' }, 'file_name'],
  ['setup.exe', { name: 'setup', version: '1/2' }, 'file_name'],
  ['page.html', { name: 'setup' }, 'file_name'],
  ['noextension', { name: 'setup' }, 'file_name'],
])('refused: %s %j', async (fileName, fields, code) => {
  const { status, body } = await upload(fileName, bytes('x'), fields);
  expect([status, body.code]).toEqual([400, code]);
});

test('a channel that holds none takes none', async () => {
  await post('/api/channels', { name: 'plain' });
  expect((await upload('setup.exe', bytes('x'), { name: 'setup' }, 'plain')).body.code).toBe('type_not_allowed');
});
