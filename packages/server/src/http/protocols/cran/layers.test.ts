import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDcf } from '@sluice/formats/cran';
import {
  buildCranTree,
  buildRPackage,
  type RPackageOptions,
  startUpstreamServer,
  type UpstreamServer,
} from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let admin: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cran-'));
  const built = [
    ...['1.0', '2.0'].map((version) => buildRPackage({ name: 'shared', version })),
    buildRPackage({ name: 'theirs' }),
    buildRPackage({ name: 'acme.tools', version: '9.9' }),
  ];
  buildCranTree(join(folder, 'src/contrib'), await Promise.all(built));
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.0/8' } });
  admin = await app.adminToken();
  await ask('POST', '/api/reserved-names', { pattern: 'acme*' });
  for (const name of ['low', 'high']) await ask('POST', '/api/channels', { name, privacy: 'public', types: ['r'] });
  const mirror = { mirror_name: 'up', mirror_type: 'CRAN', source_root: upstream.url, run_now: true };
  await ask('POST', '/api/channels/low/mirrors', mirror);
  await app.jobsDone();
});
afterEach(async () => {
  await app.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

async function ask(method: string, path: string, body: object) {
  const answer = await app.request(method, path, { token: admin, body });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
  await app.jobsDone();
  return answer.json;
}

async function upload(channel: string, options: RPackageOptions) {
  const { bytes, fileName } = await buildRPackage(options);
  const headers = { authorization: `Bearer ${admin}` };
  const url = `${app.url}/api/repo/${channel}/cran/src/contrib/${fileName}`;
  expect((await fetch(url, { method: 'PUT', body: new Uint8Array(bytes), headers })).status).toBe(201);
  await app.jobsDone();
}

const get = (path: string) => fetch(`${app.url}/api/repo/${path}`);
const listed = async (channel: string) =>
  (await (await get(`${channel}/cran/src/contrib/PACKAGES`)).text())
    .split('\n\n')
    .filter(Boolean)
    .map((text) => `${parseDcf(text).get('Package')} ${parseDcf(text).get('Version')}`);

it('a channel shows its own packages over those of the channel below, by name or by file', async () => {
  await upload('high', { name: 'shared', version: '1.5' });
  await upload('high', { name: 'ours' });
  await ask('PUT', '/api/channels/high/layers', { layers: ['low'] });
  expect(await listed('high')).toEqual(['ours 1.0', 'shared 1.5', 'theirs 1.0']);
  expect((await get('high/cran/src/contrib/Archive/shared/shared_1.0.tar.gz')).status).toBe(403);
  expect((await get('high/cran/src/contrib/theirs_1.0.tar.gz')).status).toBe(200);
  await ask('PUT', '/api/channels/high/layers', { name_priority: 'merge' });
  expect(await listed('high')).toEqual(['ours 1.0', 'shared 2.0', 'theirs 1.0']);
  expect((await get('high/cran/src/contrib/Archive/shared/shared_1.5.tar.gz')).status).toBe(200);
});

it('names of the house come from nowhere else', async () => {
  expect(await listed('low')).toEqual(['shared 2.0', 'theirs 1.0']);
  const refused = await get('low/cran/src/contrib/acme.tools_9.9.tar.gz');
  expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('reserved')]);
  await upload('low', { name: 'acme.tools', version: '0.1' });
  expect(await listed('low')).toEqual(['acme.tools 0.1', 'shared 2.0', 'theirs 1.0']);
});
