import { buildSdist, buildWheel } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonPage, type PythonChannel, pythonChannel } from '../../protocols/testing/python-channel.ts';

let app: TestApp;
let admin: string;
let channel: PythonChannel;
beforeAll(async () => {
  app = await startTestApp();
  admin = await app.adminToken();
  channel = await pythonChannel(app, 'team');
});
afterAll(() => app.close());

const api = (method: string, path: string, body?: object) =>
  app.request(method, `/api/channels/team/artifacts${path}`, { token: admin, ...(body && { body }) });

async function upload(
  { fileName, bytes }: { fileName: string; bytes: Uint8Array },
  fields: Record<string, string> = {},
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('content', new File([new Uint8Array(bytes)], fileName));
  return app.request('POST', '/api/channels/team/artifacts', { token: admin, body: form });
}

describe('a Python package over the API', () => {
  test('is uploaded by its file name or its type, listed, looked into', async () => {
    const wheel = await buildWheel({ name: 'Api.Tool', version: '1.10' });
    const sdist = await buildSdist({ name: 'Api.Tool', version: '1.9' });
    const taken = await upload(wheel, { filetype: 'bdist_wheel' });
    expect([taken.status, taken.json]).toMatchObject([
      201,
      {
        name: 'api-tool',
        family: 'python',
        version: '1.10',
        build: 'py3-none-any',
        ckey: `pypi/api-tool/${wheel.fileName}`,
      },
    ]);
    expect((await upload(sdist)).json).toMatchObject({ name: 'api-tool', version: '1.9', build: 'sdist' });
    await app.jobsDone();
    const { json } = await api('GET', '?q=API');
    expect(json.items).toEqual([
      {
        name: 'api-tool',
        family: 'python',
        file_count: 2,
        download_count: null,
        metadata: { version: '1.10', build_number: 0, license: null, subdirs: ['pypi'] },
      },
    ]);
    expect((await api('GET', '/python/api-tool')).json).toEqual(json.items[0]);
    const files = (await api('GET', '/python/api-tool/files')).json;
    expect(files.items).toMatchObject([
      {
        ckey: `pypi/api-tool/${wheel.fileName}`,
        metadata: { version: '1.10', 'file.json': { filename: wheel.fileName } },
      },
      { ckey: `pypi/api-tool/${sdist.fileName}`, metadata: { version: '1.9' } },
    ]);
    expect((await channel.get(`/${files.items[0].ckey}`)).status).toBe(200);
    expect((await api('GET', '/conda/api-tool')).status).toBe(404);
  });

  test('is deleted, a file or all; then it is 410 and out of the page', async () => {
    const first = await channel.wheel({ name: 'going', version: '1.0' });
    const second = await channel.wheel({ name: 'going', version: '2.0' });
    expect((await api('DELETE', `/python/going/files/${first.fileName}`)).status).toBe(204);
    expect((await channel.get(`/pypi/going/${first.fileName}`)).status).toBe(410);
    expect((await channel.get(`/pypi/going/${first.fileName}.metadata`)).status).toBe(410);
    await app.jobsDone();
    expect((await channel.page('going')).versions).toEqual(['2.0']);
    expect((await api('DELETE', '/python/going')).status).toBe(204);
    await app.jobsDone();
    expect((await channel.get(`/pypi/going/${second.fileName}`)).status).toBe(410);
    const page = await channel.get('/simple/going/');
    expect([page.status, ((await page.json()) as { detail: string }).detail]).toEqual([
      451,
      expect.stringMatching(/^going was deleted from channel team by admin /),
    ]);
    expect((await api('DELETE', '/python/going')).status).toBe(404);
    const { json } = await app.request('GET', '/api/channels/team/history', { token: admin });
    const removed = json.items.find((item: { event_type: string }) => item.event_type === 'artifact_removed');
    expect(removed.data).toMatchObject({ artifact_family: 'python', name: 'going' });
  });

  test('is yanked with a reason, in both forms, and taken back; its bytes and metadata stay', async () => {
    const wheel = await channel.wheel({ name: 'yanked' });
    const yank = `/python/yanked/files/${wheel.fileName}/yank`;
    const inHtml = async () => (await channel.get('/simple/yanked/')).text();
    for (const [body, json, html] of [
      [
        { reason: 'It <breaks> "things".' },
        'It <breaks> "things".',
        'data-yanked="It &lt;breaks&gt; &quot;things&quot;."',
      ],
      [{}, true, 'data-yanked=""'],
    ] as const) {
      expect((await api('PUT', yank, body)).status).toBe(204);
      // Before it is published, too.
      expect((await channel.get(`/pypi/yanked/${wheel.fileName}`)).status).toBe(200);
      await app.jobsDone();
      expect((await channel.page('yanked')).files[0]).toMatchObject({ yanked: json });
      expect(await inHtml()).toContain(html);
    }
    expect(await (await channel.get(`/pypi/yanked/${wheel.fileName}.metadata`)).text()).toBe(wheel.metadata);
    expect((await api('DELETE', yank)).status).toBe(204);
    await app.jobsDone();
    expect((await channel.page('yanked')).files[0]).toMatchObject({ yanked: false });
    expect(await inHtml()).not.toContain('data-yanked');
    expect((await channel.send(wheel)).status).toBe(200);
    expect((await api('PUT', '/python/yanked/files/none-1.0-py3-none-any.whl/yank', {})).status).toBe(404);
  });

  test('yanked, it is still to be had in the past; deleted after that, nowhere', async () => {
    const own = await pythonChannel(app, 'own');
    const wheel = await own.wheel({ name: 'lasting' });
    const file = `/artifacts/python/lasting/files/${wheel.fileName}`;
    const of = (method: string, path: string, body?: object) =>
      app.request(method, `/api/channels/own${path}`, { token: admin, ...(body && { body }) });
    expect((await of('PUT', `${file}/yank`, { reason: 'old' })).status).toBe(204);
    await app.jobsDone();
    for (const ref of ['@1', '@2', ''])
      expect((await own.get(`${ref}/pypi/lasting/${wheel.fileName}`)).status).toBe(200);
    const page = (await (await own.get('@1/simple/lasting/', { Accept: jsonPage })).json()) as { files: object[] };
    expect(page.files).toMatchObject([{ yanked: false }]);
    expect((await of('DELETE', file)).status).toBe(204);
    for (const ref of ['@1', '@2', ''])
      expect((await own.get(`${ref}/pypi/lasting/${wheel.fileName}`)).status).toBe(410);
  });
});
