import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUpstreamServer, testRecord, type UpstreamServer } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
let upstream: UpstreamServer;
let app: TestApp;
let token: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'upstream-'));
  const write = (subdir: string, records: object) => {
    mkdirSync(join(folder, subdir));
    writeFileSync(join(folder, subdir, 'repodata.json'), JSON.stringify({ 'packages.conda': records }));
  };
  const noarch = (name: string, depends: string[] = []) => testRecord(name, '1', { subdir: 'noarch', depends });
  write('linux-64', {
    'a-1-0.conda': testRecord('a', '1', { depends: ['lib'] }),
    'b-1-0.conda': testRecord('b', '1', { depends: ['old'] }),
  });
  write('noarch', {
    'lib-1-0.conda': noarch('lib', ['far']),
    'far-1-0.conda': noarch('far'),
    'old-1-0.conda': noarch('old'),
  });
  upstream = await startUpstreamServer({ folder });
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  token = await app.adminToken();
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

async function shown(): Promise<string[]> {
  await app.jobsDone();
  const { json } = await app.request('GET', '/api/repo/demo/noarch/repodata.json');
  return Object.keys(json['packages.conda']).sort();
}

test('a mirror of one platform brings its noarch dependencies, and follows when its filters are edited', async () => {
  await app.request('POST', '/api/channels', { token, body: { name: 'demo', privacy: 'public' } });
  const made = await app.request('POST', '/api/channels/demo/mirrors', {
    token,
    body: {
      mirror_name: 'm',
      source_root: upstream.url,
      mirror_mode: 'passive',
      filters: { subdirs: ['linux-64'] },
      run_now: true,
    },
  });
  expect(await shown()).toEqual(['far-1-0.conda', 'lib-1-0.conda', 'old-1-0.conda']);

  const edited = await app.request('PUT', `/api/channels/demo/mirrors/${made.json.mirror_id}`, {
    token,
    body: { filters: { exclude_specs: ['b'] } },
  });
  expect([edited.status, edited.text]).toEqual([202, expect.any(String)]);
  expect(await shown()).toEqual(['far-1-0.conda', 'lib-1-0.conda']);
  const refused = await app.request('GET', '/api/repo/demo/noarch/old-1-0.conda');
  expect([refused.status, refused.json.reasons?.[0]?.code]).toEqual([403, 'platform']);
  expect(refused.json.detail).toContain('nothing that the mirror keeps of its platforms depends on it');
});
