import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildCranTree,
  buildRPackage,
  buildWheel,
  indexedFile,
  writeCondaChannel,
  writeSimpleIndex,
} from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let app: TestApp;
let admin: string;
let work: string;
let trees: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'sluice-archives-'));
  trees = join(work, 'trees');
  writeCondaChannel(join(trees, 'conda'));
  buildCranTree(join(trees, 'cran/src/contrib'), [await buildRPackage({ name: 'demo', version: '1.0' })]);
  const wheel = await buildWheel({ name: 'six', version: '1.17.0' });
  mkdirSync(join(trees, 'bare/wheels'), { recursive: true });
  writeFileSync(join(trees, 'bare/wheels', wheel.fileName), wheel.bytes);
  writeSimpleIndex(join(trees, 'index'), { six: [indexedFile(wheel)] });
  app = await startTestApp({ env: { SLUICE_SOURCES: `none,file:${work}` } });
  admin = await app.adminToken();
});
afterAll(async () => {
  await app.close();
  rmSync(work, { recursive: true });
});

/** Pack a tree, as people do, below a folder of its name or not. @returns the archive. */
function packed(tree: string, ending: 'zip' | 'zip0' | 'tar' | 'wrapped.tar'): string {
  const path = join(work, `${tree}_${ending === 'zip0' ? '0.zip' : `airgap.${ending}`}`);
  const isWrapped = ending === 'wrapped.tar';
  const cwd = isWrapped ? trees : join(trees, tree);
  const what = isWrapped ? tree : '.';
  if (ending.startsWith('zip')) execFileSync('zip', ['-qr', ...(ending === 'zip0' ? ['-0'] : []), path, what], { cwd });
  else execFileSync('tar', ['-cf', path, what], { cwd });
  return path;
}

let channels = 0;

async function mirrored(mirror: Record<string, unknown>, types: string[]) {
  const name = `c${channels++}`;
  await app.request('POST', '/api/channels', { token: admin, body: { name, privacy: 'public', types } });
  const made = await app.request('POST', `/api/channels/${name}/mirrors`, {
    token: admin,
    body: { mirror_name: 'up', run_now: true, ...mirror },
  });
  expect(made.status, made.text).toBe(201);
  await app.jobsDone();
  const url = `/api/channels/${name}/mirrors/${made.json.id}`;
  const { json } = await app.request('GET', url, { token: admin });
  expect(json, JSON.stringify(json.error ?? json.sync_state)).toMatchObject({ state: 'completed' });
  return { name, url };
}

const got = async (path: string) => {
  const answer = await fetch(`${app.url}/api/repo/${path}`);
  expect(answer.status, path).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};

describe.each(['zip', 'zip0', 'tar', 'wrapped.tar'] as const)('a %s of a plain tree is a source', (ending) => {
  test.each(['active', 'passive'])('of conda, %s', async (mirror_mode) => {
    const source_root = `file://${packed('conda', ending)}`;
    const { name } = await mirrored({ source_root, mirror_mode, filters: { subdirs: ['linux-64'] } }, ['conda']);
    const index = JSON.parse((await got(`${name}/linux-64/repodata.json`)).toString());
    const [file] = Object.keys(index.packages);
    expect(await got(`${name}/linux-64/${file}`)).toEqual(readFileSync(join(trees, 'conda/linux-64', file!)));
  });

  test('of R', async () => {
    const { name } = await mirrored({ source_root: packed('cran', ending), mirror_type: 'CRAN' }, ['r']);
    expect((await got(`${name}/cran/src/contrib/PACKAGES`)).toString()).toContain('Package: demo');
    const file = readFileSync(join(trees, 'cran/src/contrib/demo_1.0.tar.gz'));
    expect(await got(`${name}/cran/src/contrib/demo_1.0.tar.gz`)).toEqual(file);
  });
});

test.each([
  ['index', '/simple', 'zip'],
  ['index', '/simple', 'tar'],
  ['bare', '/wheels', 'zip'],
] as const)('a %s index of Python%s in a %s is a source', async (tree, below, ending) => {
  const source_root = `${packed(tree, ending)}${below}`;
  const mirror = { source_root, mirror_type: 'python_simple', filters: { projects: ['six'] } };
  const { name } = await mirrored(mirror, ['python']);
  const page = (await got(`${name}/simple/six/`)).toString();
  expect(page).toContain('six-1.17.0-py3-none-any.whl');
  const wheel = await got(`${name}/pypi/six/six-1.17.0-py3-none-any.whl`);
  expect(wheel).toEqual((await buildWheel({ name: 'six', version: '1.17.0' })).bytes);
});

test('an archive that did not change is not read again; one that did is', async () => {
  const path = packed('conda', 'zip');
  const { url } = await mirrored({ source_root: path, filters: { subdirs: ['noarch'] } }, ['conda']);
  const run = async () => {
    await app.request('POST', `${url}/run`, { token: admin });
    await app.jobsDone();
    const { json } = await app.request('GET', url, { token: admin });
    return json.state;
  };
  expect(await run()).toBe('completed');
  writeFileSync(path, readFileSync(path).subarray(0, 5000));
  utimesSync(path, new Date(), new Date());
  expect(await run()).toBe('failed');
});

test.each([
  ['conda_main.tar.gz', 'Unpack it'],
  ['conda_main.tar.zst', 'Unpack it'],
  ['cve.zip', 'advisories'],
  ['main-1.part0001.sluice', 'bundle import'],
])('%s is no source, and the words say what to do', async (file, words) => {
  writeFileSync(join(work, file), 'x');
  const body = { mirror_name: file, source_root: join(work, file) };
  const made = await app.request('POST', '/api/channels/c0/mirrors', { token: admin, body });
  expect(made.status).toBe(400);
  expect(made.json.detail).toContain(words);
});

test('with SLUICE_SOURCES=none a mirror of the network is refused, and why', async () => {
  const body = { mirror_name: 'net', source_root: 'https://conda.example/main' };
  const made = await app.request('POST', '/api/channels/c0/mirrors', { token: admin, body });
  expect(made.status).toBe(400);
  expect(made.json.detail).toMatch(/asks no other machine \(SLUICE_SOURCES=none\)/);
});
