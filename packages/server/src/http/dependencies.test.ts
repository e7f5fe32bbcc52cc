import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUpstreamServer, testRecord, type UpstreamServer } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

// A mirror that includes dependencies: what would come along, what came, what is missing, and what a filter breaks.

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let token: string;

type Row = [name: string, version: string, depends?: string[], more?: object];
const tree: Record<string, Row[]> = {
  'linux-64': [
    ['app', '1', ['lib >=2', 'gpl', 'gone', '__glibc >=2.17']],
    ['app', '2', ['lib >=2,<3', 'pure']],
    ['lib', '1'],
    ['lib', '2', ['core']],
    ['lib', '3', ['core 9']],
    ['core', '1'],
    ['gpl', '1', ['unseen'], { license: 'GPL-3.0-only' }],
    ['unseen', '1'],
    ['other', '1', ['lib 1']],
  ],
  noarch: [['pure', '1', ['lib 1.*']]],
  'win-64': [
    ['lib', '1'],
    ['app', '1'],
  ],
};
const fileOf = ([name, version]: Row) => `${name}-${version}-0.conda`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'upstream-'));
  for (const [subdir, rows] of Object.entries(tree)) {
    mkdirSync(join(folder, subdir));
    const records = rows.map((row) => {
      const [name, version, depends = [], more = {}] = row;
      return [fileOf(row), testRecord(name, version, { subdir, depends, license: 'MIT', size: 100, ...more })] as const;
    });
    const repodata = { 'packages.conda': Object.fromEntries(records) };
    writeFileSync(join(folder, subdir, 'repodata.json'), JSON.stringify(repodata));
  }
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  token = await app.adminToken();
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

const filters = {
  subdirs: ['linux-64', 'noarch'],
  only_specs: ['app', 'nobody'],
  include_dependencies: true,
  exclude_licenses: ['gpl3'],
};

/** By hand: names and the versions that come along, `needs` between them. */
const closure = {
  'linux-64': ['app-1', 'app-2', 'core-1', 'lib-1', 'lib-2', 'lib-3'].map((text) => `${text}-0.conda`),
  noarch: ['pure-1-0.conda'],
};

async function channel(name: string) {
  await app.request('POST', '/api/channels', { token, body: { name, privacy: 'public' } });
  return `/api/channels/${name}`;
}

async function shown(name: string, subdir: string): Promise<string[]> {
  await app.jobsDone();
  const { json } = await app.request('GET', `/api/repo/${name}/${subdir}/repodata.json`);
  return Object.keys(json['packages.conda']).sort();
}

test('the preview, the channel and the report agree with a closure made by hand', async () => {
  const url = await channel('deps');
  const body = { mirror_name: 'm', source_root: upstream.url, mirror_mode: 'passive', filters };
  const { json: plan } = await app.request('POST', `${url}/mirrors/dry_run`, { token, body });
  const kept = plan.items.filter(({ action }: { action: string }) => action !== 'drop');
  const planned = (subdir: string) =>
    kept.flatMap((item: { subdir: string; file: string }) => (item.subdir === subdir ? item.file : [])).sort();
  expect({ 'linux-64': planned('linux-64'), noarch: planned('noarch') }).toEqual(closure);
  expect(plan.parts).toMatchObject([
    { subdir: 'linux-64', kept: 6, kept_bytes: 600, dependency_files: 4, dependency_bytes: 400 },
    { subdir: 'noarch', kept: 1, kept_bytes: 100, dependency_files: 1, dependency_bytes: 100 },
  ]);
  expect(plan.dependencies).toMatchObject({ requested: 2, files: 7, bytes: 700, dependency_files: 5, missing: 4 });
  expect(plan.broken_dependencies).toMatchObject({
    count: 1,
    items: [{ subdir: 'linux-64', package: 'app', spec: 'gpl', reason: 'license', rule: 'exclude_licenses: gpl3' }],
  });

  const { json: made } = await app.request('POST', `${url}/mirrors`, { token, body: { ...body, run_now: true } });
  expect({ 'linux-64': await shown('deps', 'linux-64'), noarch: await shown('deps', 'noarch') }).toEqual(closure);

  const report = `${url}/mirrors/${made.mirror_id}/dependencies`;
  const { json: whole } = await app.request('GET', report, { token });
  expect(whole.summary).toEqual((({ items: _, total_count: __, ...summary }) => summary)(plan.dependencies));
  const byText = (a: { spec: string }, b: { spec: string }) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  expect(whole.items.sort(byText)).toEqual(plan.dependencies.items.sort(byText));
  const { json: missing } = await app.request('GET', `${report}?status=missing`, { token });
  expect(
    missing.items.map(({ spec, reason }: { spec: string; reason: string }) => `${spec}: ${reason}`).sort(),
  ).toEqual(['core 9: no_version', 'gone: no_package', 'gpl: license', 'nobody: no_package']);
  const { json: page } = await app.request('GET', `${report}?limit=1&offset=1`, { token });
  expect(page).toMatchObject({ items: [{}], total_count: whole.items.length });

  const csv = await fetch(`${app.url}${report}/download`, { headers: { authorization: `Bearer ${token}` } });
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="m-dependencies.csv"');
  const rows = (await csv.text()).trimEnd().split('\r\n');
  expect(rows).toHaveLength(whole.items.length + 1);
  expect(rows).toContain('dependency,"lib >=2,<3",linux-64,present,1,1,2,,,,0,1,app-2-0.conda');
  const file = await fetch(`${app.url}${report}/download?format=json`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await file.json()).toHaveLength(whole.items.length);

  const refused = await app.request('GET', '/api/repo/deps/linux-64/other-1-0.conda');
  expect(refused.json).toMatchObject({ status: 403, reasons: [{ code: 'only_specs' }] });
});

test('a filter that would take dependencies out says so before it is saved, and the channel says so afterwards', async () => {
  const url = await channel('broken');
  const body = { mirror_name: 'm', source_root: upstream.url, filters: { subdirs: ['linux-64', 'noarch'] } };
  const { json: made } = await app.request('POST', `${url}/mirrors`, { token, body: { ...body, run_now: true } });
  await app.jobsDone();
  // It judges and reads all there is: that is not for whoever comes by.
  expect((await app.request('GET', `${url}/closure`)).status).toBe(401);
  const { json: before } = await app.request('GET', `${url}/closure`, { token });
  const missing = ({ items }: { items: { package: string; spec: string; reason: string }[] }) =>
    items.map(({ package: name, spec, reason }) => `${name}: ${spec} (${reason})`);
  expect(missing(before)).toEqual(['app: gone (no_package)', 'lib: core 9 (no_version)']);
  expect(before).toMatchObject({ is_closed: false, packages: 2, total_count: 2 });

  const edit = { filters: { subdirs: ['linux-64', 'noarch'], exclude_specs: ['lib'] } };
  const tried = await app.request('POST', `${url}/mirrors/${made.mirror_id}/dry_run`, { token, body: edit });
  expect(missing(tried.json.broken_dependencies)).toEqual([
    'app: lib >=2 (exclude_specs)',
    'app: lib >=2,<3 (exclude_specs)',
    'other: lib 1 (exclude_specs)',
    'pure: lib 1.* (exclude_specs)',
  ]);
  const proposed = { filters: { exclude_licenses: ['gpl3'], exclude_specs: ['pure'] } };
  const channelTried = await app.request('POST', `${url}/closure`, { token, body: proposed });
  expect(missing(channelTried.json)).toEqual(['app: gpl (channel_license)', 'app: pure (channel_exclude_specs)']);
  await app.request('PUT', url, { token, body: proposed });
  await app.jobsDone();
  const { json: after } = await app.request('GET', `${url}/closure?by=rules`, { token });
  expect(after).toMatchObject({ packages: 1, total_count: 2, items: [{ scope: 'channel' }, { scope: 'channel' }] });

  // What another mirror of the channel has is not missing.
  const second = { ...body, mirror_name: 'second', filters: { ...body.filters, only_specs: ['lib'] }, run_now: true };
  await app.request('POST', `${url}/mirrors`, { token, body: second });
  await app.jobsDone();
  const again = await app.request('POST', `${url}/mirrors/${made.mirror_id}/dry_run`, { token, body: edit });
  expect(again.json.broken_dependencies).toEqual({ count: 0, items: [] });
});

test('a mirror without dependencies has no report, and a first run has to come before one', async () => {
  const url = await channel('none');
  const body = { mirror_name: 'm', source_root: upstream.url, filters: { only_specs: ['app'] } };
  const { json: plain } = await app.request('POST', `${url}/mirrors`, { token, body });
  const report = (id: string) => app.request('GET', `${url}/mirrors/${id}/dependencies`, { token });
  expect((await report(plain.mirror_id)).json).toMatchObject({ status: 409, code: 'dependencies_off' });
  const wish = { ...body, mirror_name: 'n', filters: { only_specs: ['app'], include_dependencies: true } };
  const { json: later } = await app.request('POST', `${url}/mirrors`, { token, body: wish });
  expect((await report(later.mirror_id)).json).toMatchObject({ status: 409, code: 'dependencies_unknown' });
});
