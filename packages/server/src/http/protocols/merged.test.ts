import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDcf } from '@sluice/formats/cran';
import {
  buildCondaPackage,
  buildCranTree,
  buildRPackage,
  buildWheel,
  indexedFile,
  startUpstreamServer,
  testRecord,
  type UpstreamServer,
  writeSimpleIndex,
} from '@sluice/testkit';
import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

// One address for the packages of the house and those of the world: what is ours is never answered from elsewhere.

const json = 'application/vnd.pypi.simple.v1+json';
const names = ['acme', 'zlib'];

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let admin: string;
let ada: string;
let bob: string;
let round = 0;
/** The channels of one test: the house's own packages, those of the world (of all tests), and both. */
let house: string;
const world = 'world';
let all: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'world-'));
  mkdirSync(join(folder, 'noarch'), { recursive: true });
  const records = names.map((name) => [`${name}-1-0.conda`, testRecord(name, '1', { subdir: 'noarch' })]);
  writeFileSync(
    join(folder, 'noarch/repodata.json'),
    JSON.stringify({ 'packages.conda': Object.fromEntries(records) }),
  );
  const projects = [...names, 'unasked', 'unseen'];
  const wheels = await Promise.all(projects.map((name) => buildWheel({ name, version: '1.0' })));
  writeSimpleIndex(folder, Object.fromEntries(wheels.map((wheel, i) => [projects[i]!, [indexedFile(wheel)]])));
  const sources = await Promise.all(names.map((name) => buildRPackage({ name, version: '1.0' })));
  buildCranTree(join(folder, 'src/contrib'), sources);
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  admin = await app.adminToken();
  ada = await app.signIn('ada');
  bob = await app.signIn('bob');
  await create(world);
  await mirror(world);
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  await app.jobsDone();
  upstream.reset();
  round += 1;
  [house, all] = [`house${round}`, `all${round}`];
  for (const name of [house, all]) await create(name);
});

const call = (method: string, path: string, body?: object, token = ada) =>
  app.request(method, `/api${path}`, body ? { token, body } : { token });

async function create(name: string, privacy = 'public', token = ada): Promise<void> {
  const types = ['conda', 'python', 'r'];
  expect((await call('POST', '/channels', { name, privacy, types }, token)).status).toBe(201);
}

async function mirror(channel: string): Promise<void> {
  for (const [mirror_type, path] of [
    ['conda', ''],
    ['python_simple', '/simple'],
    ['CRAN', ''],
  ]) {
    const body = { mirror_name: mirror_type, mirror_type, source_root: upstream.url + path, run_now: true };
    const answer = await call('POST', `/channels/${channel}/mirrors`, body);
    expect(answer.text).toContain('mirror_id');
  }
  await app.jobsDone();
}

const layers = async (channel: string, below: string[], more: object = {}) => {
  const answer = await call('PUT', `/channels/${channel}/layers`, { layers: below, ...more });
  expect(answer.text).toContain('name_priority');
  await app.jobsDone();
};

/** Publish version 9 of a package in all three formats. */
async function publish(channel: string, name: string, token = ada): Promise<void> {
  const conda = await buildCondaPackage({ name, version: '9', subdir: 'linux-64' });
  const wheel = await buildWheel({ name, version: '9.0' });
  for (const [path, { fileName, bytes }] of [
    [`/api/channels/${channel}/artifacts`, conda],
    [`/api/repo/${channel}/legacy/`, wheel],
  ] as const) {
    const body = new FormData();
    if (path.endsWith('legacy/')) {
      body.append(':action', 'file_upload');
      body.append('protocol_version', '1');
      body.append('filetype', 'bdist_wheel');
    }
    body.append('content', new File([new Uint8Array(bytes)], fileName));
    const answer = await app.request('POST', path, { token, body });
    expect([answer.status < 300, answer.text]).toEqual([true, expect.any(String)]);
  }
  const source = await buildRPackage({ name: name.replace('-', '.'), version: '9.0' });
  const put = await fetch(`${app.url}/api/repo/${channel}/cran/src/contrib/${source.fileName}`, {
    method: 'PUT',
    body: new Uint8Array(source.bytes),
    headers: { authorization: `Bearer ${token}` },
  });
  expect(put.status).toBe(201);
  await app.jobsDone();
}

const get = (path: string, token?: string): Promise<TestAnswer> =>
  app.request('GET', `/api/repo/${path}`, { ...(token && { token }), headers: { accept: json } });

/** What clients of each format see: `name version`. */
async function shown(channel: string, token?: string): Promise<Record<'conda' | 'python' | 'r', string[]>> {
  const conda: string[] = [];
  for (const subdir of ['linux-64', 'noarch']) {
    const { json: repodata } = await get(`${channel}/${subdir}/repodata.json`, token);
    for (const { name, version } of Object.values(repodata['packages.conda'] ?? {}) as Record<string, string>[]) {
      conda.push(`${name} ${version}`);
    }
  }
  const python: string[] = [];
  for (const name of names) {
    const { status, json: page } = await get(`${channel}/simple/${name}/`, token);
    if (status === 200) python.push(...page.versions.map((version: string) => `${name} ${Number(version)}`));
  }
  const packages = (await get(`${channel}/cran/src/contrib/PACKAGES`, token)).text.split('\n\n').filter(Boolean);
  const r = packages.map((text) => `${parseDcf(text).get('Package')} ${Number(parseDcf(text).get('Version'))}`);
  return { conda: conda.sort(), python, r };
}

const everywhere = (list: string[]) => ({ conda: list, python: list, r: list });

/** The world's own file of a name, in each format. */
const worldly = (channel: string, name: string) => [
  `${channel}/noarch/${name}-1-0.conda`,
  `${channel}/pypi/${name}/${name}-1.0-py3-none-any.whl`,
  `${channel}/cran/src/contrib/${name}_1.0.tar.gz`,
];
const ours = (channel: string, name: string) => [
  `${channel}/linux-64/${name}-9-0.conda`,
  `${channel}/pypi/${name}/${name}-9.0-py3-none-any.whl`,
  `${channel}/cran/src/contrib/${name}_9.0.tar.gz`,
];
const codes = (paths: string[]) => Promise.all(paths.map(async (path) => (await get(path)).json?.code));
const statuses = (paths: string[]) => Promise.all(paths.map(async (path) => (await get(path)).status));

describe('a merged channel', () => {
  it('shows one name from one tier: what is ours hides the world’s, in every part of its type', async () => {
    await publish(house, 'acme');
    await layers(all, [house, world]);
    expect(await shown(all)).toEqual(everywhere(['acme 9', 'zlib 1']));
    expect(await shown(world)).toEqual(everywhere(['acme 1', 'zlib 1']));
    expect(await codes(worldly(all, 'acme'))).toEqual(['file_hidden', 'file_hidden', 'file_hidden']);
    expect(await statuses(ours(all, 'acme'))).toEqual([200, 200, 200]);
    await layers(all, [world, house]);
    expect(await shown(all)).toEqual(everywhere(['acme 1', 'zlib 1']));
    await layers(all, [world, house], { name_priority: 'merge' });
    expect((await shown(all)).conda).toEqual(['acme 1', 'acme 9', 'zlib 1']);
    expect((await shown(all)).python).toEqual(['acme 1', 'acme 9', 'zlib 1']);
  });

  it('never answers an own name from a mirror beside it, not even from a publication of before', async () => {
    await mirror(all);
    expect(await shown(all)).toEqual(everywhere(['acme 1', 'zlib 1']));
    const before = (await call('GET', `/channels/${all}`)).json.publication;
    await publish(all, 'acme');
    expect(await shown(all)).toEqual(everywhere(['acme 9', 'zlib 1']));
    expect(await codes(worldly(all, 'acme'))).toEqual(['file_hidden', 'file_hidden', 'file_hidden']);
    // The past is what it was.
    expect((await get(`${all}@${before}/simple/acme/`)).json.versions).toEqual(['1.0']);
  });

  it('does not tell upstreams the names of its own uploads', async () => {
    await mirror(all);
    await publish(all, 'acme-secret');
    upstream.reset();
    expect((await get(`${all}/simple/acme-secret/`)).json.versions).toEqual(['9.0']);
    expect((await get(`${all}/pypi/acme-secret/acme_secret-1.0.tar.gz`)).status).toBe(404);
    expect(upstream.asked.map(({ path }) => path).filter((path) => path.includes('secret'))).toEqual([]);
    await layers(house, [all, world]);
    expect((await get(`${house}/simple/acme-secret/`)).json.versions).toEqual(['9.0']);
    expect(upstream.asked.map(({ path }) => path).filter((path) => path.includes('secret'))).toEqual([]);
  });

  it('never answers a reserved name from a mirror, whatever stands above it, and asks no upstream for it', async () => {
    await layers(all, [house, world]);
    expect(await shown(all)).toEqual(everywhere(['acme 1', 'zlib 1']));
    await call('POST', '/reserved-names', { pattern: 'acme*' }, admin);
    await app.jobsDone();
    upstream.reset();
    expect(await shown(all)).toEqual(everywhere(['zlib 1']));
    expect(await codes(worldly(all, 'acme'))).toEqual(['policy_denied', 'policy_denied', 'policy_denied']);
    expect((await get(`${all}/simple/acme-new/`)).status).not.toBe(200);
    expect(upstream.asked.map(({ path }) => path).filter((path) => path.includes('acme'))).toEqual([]);
    await publish(house, 'acme');
    expect(await shown(all)).toEqual(everywhere(['acme 9', 'zlib 1']));
    await call('DELETE', '/reserved-names/acme*', undefined, admin);
    await app.jobsDone();
  });

  it('follows the channels below: what they publish, refuse, delete and freeze', async () => {
    await layers(all, [house, world]);
    await publish(house, 'acme');
    expect((await shown(all)).python).toEqual(['acme 9', 'zlib 1']);
    await call('PUT', `/channels/${house}`, { indexing_behavior: 'frozen' });
    await publish(house, 'zlib');
    expect(await shown(all)).toEqual(everywhere(['acme 9', 'zlib 1']));
    await call('PUT', `/channels/${house}`, { indexing_behavior: 'default' });
    await app.jobsDone();
    expect(await shown(all)).toEqual(everywhere(['acme 9', 'zlib 9']));
    await call('PUT', `/channels/${house}`, { filters: { exclude_specs: ['acme'] } });
    const refused = (await get(ours(all, 'acme')[0]!)).json;
    expect(refused.code).toBe('policy_denied');
    expect(refused.detail).toContain(`a channel below ${all}`);
    expect(refused.detail).not.toContain(house);
    await app.jobsDone();
    expect(await shown(all)).toEqual(everywhere(['acme 1', 'zlib 9']));
    await call('PUT', `/channels/${house}`, { filters: {} });
    expect((await call('DELETE', `/channels/${house}/artifacts/conda/zlib`)).status).toBe(204);
    await expect.poll(async () => (await get(ours(all, 'zlib')[0]!)).status).toBe(410);
    await app.jobsDone();
    expect((await shown(all)).conda).toEqual(['acme 9', 'zlib 1']);
  });

  it('has rules of its own, which hold for what comes from below', async () => {
    await publish(house, 'acme');
    await layers(all, [house, world]);
    await call('PUT', `/channels/${all}`, { filters: { exclude_specs: ['acme =9', 'zlib'] }, types: ['conda'] });
    await app.jobsDone();
    // Nothing of ours is shown, so nothing of it hides the world's.
    expect((await shown(all)).conda).toEqual(['acme 1']);
    expect((await shown(all)).r).toEqual([]);
    expect(await codes(ours(all, 'acme'))).toEqual(['policy_denied', 'policy_denied', 'policy_denied']);
    expect((await shown(world)).conda).toEqual(['acme 1', 'zlib 1']);
  });

  it('is read with rights on it alone', async () => {
    await call('PUT', `/channels/${house}`, { privacy: 'private' });
    await call('PUT', `/channels/${all}`, { privacy: 'private' });
    await publish(house, 'acme');
    await layers(all, [house, world]);
    const token = (
      await call('POST', '/account/tokens', {
        name: `read ${all}`,
        expires_at: new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10),
        resources: [{ channel: all, permission: 'read' }],
      })
    ).json.token;
    expect((await shown(all, token)).python).toEqual(['acme 9', 'zlib 1']);
    expect((await get(ours(all, 'acme')[1]!, token)).status).toBe(200);
    expect((await get(ours(house, 'acme')[1]!, token)).status).toBe(404);
    for (const path of ours(all, 'acme')) expect((await get(path, bob)).status).toBe(404);
  });

  it('stands on others that stand on others; a date brings back what they showed', async () => {
    const middle = `middle${round}`;
    await create(middle);
    await layers(middle, [house, world]);
    await layers(all, [middle]);
    expect((await shown(all)).conda).toEqual(['acme 1', 'zlib 1']);
    const before = (await call('GET', `/channels/${all}`)).json.publication;
    await publish(house, 'acme');
    expect((await shown(all)).conda).toEqual(['acme 9', 'zlib 1']);
    expect((await shown(all)).r).toEqual(['acme 9', 'zlib 1']);
    expect((await shown(`${all}@${before}`)).conda).toEqual(['acme 1', 'zlib 1']);
    const compared = await call('GET', `/channels/${all}/publications/compare?from=${before}&to=head`);
    expect(compared.json.items.map((item: { reason: { code: string } }) => item.reason.code)).toContain('below_added');
  });

  it('asks the mirrors below for a project that nobody asked for before', async () => {
    await layers(all, [house, world]);
    expect((await get(`${all}/simple/unasked/`)).json.versions).toEqual(['1.0']);
    expect(upstream.count('/simple/unasked/')).toBe(1);
    expect((await get(`${all}/pypi/unseen/unseen-1.0-py3-none-any.whl`)).status).toBe(200);
  });
});
