import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCondaPackage, startUpstreamServer, testRecord, type UpstreamServer } from '@sluice/testkit';
import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

const url = '/api/reserved-names';
const names = ['acme-core', 'acme-tools', 'zlib'];

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let admin: string;
let ada: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'upstream-'));
  mkdirSync(join(folder, 'noarch'));
  const records = names.map((name) => [`${name}-1-0.conda`, testRecord(name, '1', { subdir: 'noarch' })]);
  writeFileSync(
    join(folder, 'noarch/repodata.json'),
    JSON.stringify({ 'packages.conda': Object.fromEntries(records) }),
  );
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  admin = await app.adminToken();
  ada = await app.signIn('ada');
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

const refusal = ({ status, json }: TestAnswer) => [status, json.code];
const reserve = (pattern: string, token = admin) => app.request('POST', url, { token, body: { pattern } });
const free = (pattern: string, token = admin) =>
  app.request('DELETE', `${url}/${encodeURIComponent(pattern)}`, { token });

async function shown(channel: string): Promise<string[]> {
  await app.jobsDone();
  const { json } = await app.request('GET', `/api/repo/${channel}/noarch/repodata.json`);
  return Object.keys(json['packages.conda'] ?? {}).map((file) => file.slice(0, -'-1-0.conda'.length));
}

async function mirroring(channel: string, body: object = {}, token = ada): Promise<TestAnswer> {
  await app.request('POST', '/api/channels', { token: ada, body: { name: channel, privacy: 'public' } });
  return app.request('POST', `/api/channels/${channel}/mirrors`, {
    token,
    body: { mirror_name: 'm', source_root: upstream.url, run_now: true, ...body },
  });
}

test('reserved names leave every mirror at once, and come back when they are free', async () => {
  await mirroring('plain');
  expect(await shown('plain')).toEqual(names);
  const file = '/api/repo/plain/noarch/acme-core-1-0.conda';
  expect(await reserve('acme-*')).toMatchObject({
    status: 201,
    json: { pattern: 'acme-*', note: '', created_by: 'admin' },
  });
  await expect.poll(async () => refusal(await app.request('GET', file))).toEqual([403, 'policy_denied']);
  const { json } = await app.request('GET', file);
  expect(json.reasons[0]).toMatchObject({ code: 'reserved', scope: 'installation' });
  expect(json.detail).toContain('acme-*');
  expect(await shown('plain')).toEqual(['zlib']);
  const { items, total_count } = (await app.request('GET', url, { token: admin })).json;
  expect([items[0].pattern, total_count]).toEqual(['acme-*', 1]);
  expect(refusal(await reserve('acme-*'))).toEqual([409, 'reserved_name_exists']);
  expect((await reserve('zlib')).status).toBe(201);
  expect(await shown('plain')).toEqual([]);
  for (const pattern of ['acme-*', 'zlib']) expect((await free(pattern)).status).toBe(204);
  expect(await shown('plain')).toEqual(names);
  expect(refusal(await free('zlib'))).toEqual([404, 'reserved_name_missing']);
  const events = await app.db
    .selectFrom('event')
    .select(['action', 'subject'])
    .where('action', 'like', 'reserved%')
    .execute();
  expect(events.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
    'reserved_name_added acme-*',
    'reserved_name_added zlib',
    'reserved_name_removed acme-*',
    'reserved_name_removed zlib',
  ]);
});

test('uploads under a reserved name are shown; the mirror’s files of it never', async () => {
  await reserve('acme-*');
  await mirroring('own');
  const { fileName, bytes } = await buildCondaPackage({ name: 'acme-tools', version: '9' });
  const body = new FormData();
  body.append('content', new Blob([Uint8Array.from(bytes)]), fileName);
  expect((await app.request('POST', '/api/channels/own/artifacts', { token: ada, body })).status).toBe(201);
  await app.jobsDone();
  const { json } = await app.request('GET', '/api/repo/own/noarch/repodata.json');
  expect(Object.keys(json['packages.conda'])).toEqual([fileName, 'zlib-1-0.conda']);
  await free('acme-*');
});

test('a run counts what was reserved, and a dry run tells it', async () => {
  await reserve('acme-*');
  await mirroring('counted');
  await app.jobsDone();
  const [mirror] = (await app.request('GET', '/api/channels/counted/mirrors', { token: ada })).json.items;
  expect(mirror.sync_state.count).toMatchObject({ total: 3, passive: 1, mirror_filtered: { reserved: 2 } });
  const path = `/api/channels/counted/mirrors/${mirror.id}/dry_run`;
  const plan = (await app.request('POST', path, { token: ada, body: {} })).json;
  expect(plan.count.mirror_filtered.reserved).toBe(2);
  await free('acme-*');
});

test('an internal mirror brings reserved names in; only administrators make one, or send it elsewhere', async () => {
  await reserve('acme-*');
  expect(refusal(await mirroring('house', { internal: true }))).toEqual([403, 'internal_forbidden']);
  const made = await mirroring('house', { internal: true }, admin);
  expect([made.status, made.json.internal]).toEqual([201, true]);
  expect(await shown('house')).toEqual(names);
  const path = `/api/channels/house/mirrors/${made.json.id}`;
  const edit = (body: object, token: string) => app.request('PUT', path, { token, body });
  expect(refusal(await edit({ source_root: `${upstream.url}/other` }, ada))).toEqual([403, 'internal_forbidden']);
  expect((await edit({ filters: { exclude_specs: ['zlib'] } }, ada)).status).toBe(202);
  expect((await edit({ internal: false }, ada)).json.internal).toBe(false);
  expect(await shown('house')).toEqual([]);
  expect(refusal(await edit({ internal: true }, ada))).toEqual([403, 'internal_forbidden']);
  await free('acme-*');
});

test.each(['', 'Acme', 'a b', '*', 'a/b'])('%j is no pattern', async (pattern) => {
  expect(refusal(await reserve(pattern))).toEqual([400, 'reserved_name_invalid']);
});

test('only administrators, by their own sign-in', async () => {
  expect(refusal(await app.request('GET', url))).toEqual([401, 'unauthenticated']);
  expect(refusal(await app.request('GET', url, { token: ada }))).toEqual([403, 'forbidden']);
  expect(refusal(await reserve('x', ada))).toEqual([403, 'forbidden']);
  expect(refusal(await free('x', ada))).toEqual([403, 'forbidden']);
});
