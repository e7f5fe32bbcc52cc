import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildCondaPackage,
  buildCranTree,
  buildRPackage,
  buildWheel,
  indexedFile,
  startUpstreamServer,
  type UpstreamServer,
  writeSimpleIndex,
} from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

// Two upstreams that have the same file with different bytes: the first is shown and served, the other one reported.

let folder: string;
let upstreams: UpstreamServer[];
let app: TestApp;
let token: string;
const bytes: Record<string, Buffer[]> = { conda: [], python: [], r: [] };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conflicts-'));
  upstreams = await Promise.all(['MIT', 'BSD-3-Clause'].map(writeUpstream));
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  token = await app.adminToken();
  await app.request('POST', '/api/channels', {
    token,
    body: { name: 'both', privacy: 'public', types: ['conda', 'python', 'r'] },
  });
});
afterAll(async () => {
  await app.close();
  for (const upstream of upstreams) await upstream.close();
  rmSync(folder, { recursive: true });
});

async function writeUpstream(license: string, k: number): Promise<UpstreamServer> {
  const root = join(folder, String(k));
  mkdirSync(join(root, 'noarch'), { recursive: true });
  const conda = await buildCondaPackage({ name: 'demo', version: '1', subdir: 'noarch', license });
  writeFileSync(join(root, 'noarch', conda.fileName), conda.bytes);
  const sha256 = createHash('sha256').update(conda.bytes).digest('hex');
  const record = { ...conda.index, size: conda.bytes.length, sha256 };
  const repodata = { 'packages.conda': { [conda.fileName]: record } };
  writeFileSync(join(root, 'noarch', 'repodata.json'), JSON.stringify(repodata));
  const wheel = await buildWheel({ name: 'demo', version: '1', fields: { License: license } });
  writeSimpleIndex(root, { demo: [indexedFile(wheel)] });
  const source = await buildRPackage({ name: 'demo', version: '1.0', license: k === 0 ? 'MIT' : 'GPL-3' });
  buildCranTree(join(root, 'src/contrib'), [source]);
  bytes.conda![k] = Buffer.from(conda.bytes);
  bytes.python![k] = Buffer.from(wheel.bytes);
  bytes.r![k] = source.bytes;
  return startUpstreamServer({ folder: root });
}

async function mirror(name: string, k: number, type: string): Promise<string> {
  const url = upstreams[k]!.url;
  const body = {
    mirror_name: name,
    mirror_type: type,
    source_root: type === 'python_simple' ? `${url}/simple/` : url,
    ...(type === 'python_simple' && { filters: { projects: ['demo'] } }),
    run_now: true,
  };
  const made = await app.request('POST', '/api/channels/both/mirrors', { token, body });
  expect(made.status, JSON.stringify(made.json)).toBe(201);
  await app.jobsDone();
  return made.json.mirror_id;
}

async function conflicts(): Promise<
  { subdir: string; file: string; shown: { mirror_name: string; digest: string } }[]
> {
  return (await app.request('GET', '/api/channels/both/conflicts', { token })).json.items;
}

test.each([
  ['conda', 'conda', 'noarch/demo-1-0.conda', /^sha256:/],
  ['python', 'python_simple', 'pypi/demo/demo-1-py3-none-any.whl', /^sha256:/],
  ['r', 'CRAN', 'cran/src/contrib/demo_1.0.tar.gz', /^md5:/],
])('of %s', async (type, mirrorType, path, digest) => {
  const before = (await conflicts()).length;
  const upper = await mirror(`${type} upper`, 0, mirrorType);
  const lower = await mirror(`${type} lower`, 1, mirrorType);
  const found = await conflicts();
  expect(found).toHaveLength(before + 1);
  expect(found.find(({ shown }) => shown.mirror_name === `${type} upper`)!.shown.digest).toMatch(digest);
  const get = async () => Buffer.from(await (await fetch(`${app.url}/api/repo/both/${path}`)).arrayBuffer());
  expect(bytes[type]![0]).not.toEqual(bytes[type]![1]);
  expect(await get()).toEqual(bytes[type]![0]);
  const { json: events } = await app.request('GET', '/api/channels/both/history', { token });
  const told = events.items.filter((event: { data: object }) => JSON.stringify(event).includes('mirror_conflict'));
  expect(told).toHaveLength(before + 1);
  for (const id of [upper, lower]) {
    const { json: runs } = await app.request('GET', `/api/channels/both/mirrors/${id}/runs`, { token });
    expect(runs.items[0].report.conflicts).toBe(id === lower ? 1 : 0);
  }
});
