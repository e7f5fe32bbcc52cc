import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonPage, type PythonChannel, pythonChannel } from '../testing/python-channel.ts';

let app: TestApp;
let channel: PythonChannel;
let fileName: string;
beforeAll(async () => {
  app = await startTestApp();
  channel = await pythonChannel(app, 'team');
  ({ fileName } = await channel.wheel({ name: 'Foo.Bar', version: '1.0+local.1' }));
});
afterAll(() => app.close());

test('a page is given in the form that is wanted, however its address is written', async () => {
  for (const path of ['/%73imple/foo-bar/', '/simple%2Ffoo-bar/', '//simple//foo-bar/']) {
    for (let time = 0; time < 2; time++) {
      const [json, html] = [
        await channel.get(path, { Accept: jsonPage }),
        await channel.get(path, { Accept: 'text/html' }),
      ];
      expect([json.headers.get('content-type'), html.headers.get('content-type')], path).toEqual([
        jsonPage,
        'text/html; charset=utf-8',
      ]);
      expect(((await json.json()) as { name: string }).name).toBe('foo-bar');
      expect(await html.text()).toMatch(/^<!DOCTYPE html>/);
    }
  }
});

test.each([
  '/simple/../../../api/',

  '/pypi/foo-bar/..%2f..%2fx.whl',
  '/simple/%5c%5cevil.test/',
  '/simple/@evil.test/',
  '/simple/evil.test%0d%0aX:1/',
])('nothing lies at %s, and nobody is sent elsewhere', async (path) => {
  const answer = await channel.get(path, { Accept: jsonPage });
  expect([404, 400]).toContain(answer.status);
  expect(answer.headers.get('location')).toBeNull();
});

test('a redirect keeps the token and the publication, and tells neither', async () => {
  const issued = await app.request('POST', '/api/account/tokens', {
    token: await app.adminToken(),
    body: { name: 'r', expires_at: app.inDays(30), resources: [{ channel: 'team', permission: 'read' }] },
  });
  for (const prefix of [
    `/t/${issued.json.token}/api/repo/team`,
    `/api/repo/team@1`,
    `/t/${issued.json.token}/api/repo/team@head`,
  ]) {
    for (const name of ['Foo_Bar', 'Foo.Bar/', 'foo-bar', '//foo--bar/']) {
      const asked = `${app.url}${prefix}/simple/${name}`;
      const sent = await fetch(asked, { redirect: 'manual' });
      const location = sent.headers.get('location');
      if (location !== null) expect(location).not.toContain(issued.json.token);
      const found = location === null ? sent : await fetch(new URL(location, asked));
      expect([found.status, new URL(found.url).pathname.replace(/\/+/g, '/')]).toEqual([
        200,
        `${prefix}/simple/foo-bar/`,
      ]);
    }
  }
});

test('a file whose version has a plus is had by either spelling, and in any spelling of its project; not under another', async () => {
  const { files } = await channel.page('foo-bar');
  expect(files[0]!.url).toBe(`../../pypi/foo-bar/${encodeURIComponent(fileName)}`);
  for (const path of [fileName, encodeURIComponent(fileName)]) {
    expect((await channel.get(`/pypi/foo-bar/${path}`)).status).toBe(200);
    expect((await channel.get(`/pypi/Foo_Bar/${path}.metadata`)).status).toBe(200);
    expect((await channel.get(`/pypi/foo/${path}`)).status).toBe(404);
  }
  expect((await channel.get(`/pypi/foo-bar/${fileName.toUpperCase()}`)).status).toBe(404);
  expect((await channel.get(`/pypi/foo-bar/${fileName}.provenance`)).status).toBe(404);
});
