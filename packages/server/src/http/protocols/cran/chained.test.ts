import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCranTree, buildRPackage, startUpstreamServer } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { expect, it } from 'vitest';

async function mirrorOf(source: string, trees: string[]): Promise<TestApp> {
  const app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.0/8' } });
  const token = await app.adminToken();
  await app.request('POST', '/api/channels', { token, body: { name: 'c', privacy: 'public', types: ['r'] } });
  const mirror = { mirror_name: 'up', mirror_type: 'CRAN', source_root: source, filters: { trees }, run_now: true };
  const made = await app.request('POST', '/api/channels/c/mirrors', { token, body: mirror });
  await app.jobsDone();
  const ended = await app.request('GET', `/api/channels/c/mirrors/${made.json.id}`, { token });
  expect(ended.json, ended.text).toMatchObject({ state: 'completed' });
  return app;
}

it('a Sluice behind a Sluice behind an upstream shows the same, to the byte', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cran-'));
  const built = await Promise.all([
    buildRPackage({ name: 'demo', version: '1.0' }),
    buildRPackage({ name: 'demo', version: '1.1', imports: 'cli,\n    rlang (>= 1.0)' }),
    buildRPackage({ name: 'gone' }),
  ]);
  buildCranTree(join(folder, 'src/contrib'), built, { withdrawn: ['gone'] });
  const windows = 'bin/windows/contrib/4.5';
  buildCranTree(join(folder, windows), [await buildRPackage({ name: 'demo', format: 'zip' })]);
  const upstream = await startUpstreamServer({ folder });
  const apps: TestApp[] = [];
  try {
    for (let i = 0; i < 3; i++) {
      const source = i === 0 ? upstream.url : `${apps[i - 1]!.url}/api/repo/c/cran`;
      apps.push(await mirrorOf(source, ['src/contrib', windows]));
    }
    const paths = [
      ...['PACKAGES', 'PACKAGES.gz', 'PACKAGES.rds', 'Meta/archive.rds', 'Meta/current.rds'],
      ...['demo_1.1.tar.gz', 'Archive/demo/demo_1.0.tar.gz', 'Archive/gone/gone_1.0.tar.gz'],
    ].map((file) => `src/contrib/${file}`);
    for (const path of [...paths, `${windows}/PACKAGES`, `${windows}/demo_1.0.zip`]) {
      const bytes = [];
      for (const app of apps) {
        const answer = await fetch(`${app.url}/api/repo/c/cran/${path}`);
        expect([path, answer.status]).toEqual([path, 200]);
        bytes.push(Buffer.from(await answer.arrayBuffer()).toString('hex'));
      }
      expect(new Set(bytes).size, path).toBe(1);
    }
  } finally {
    for (const app of apps.reverse()) await app.close();
    await upstream.close();
    await rm(folder, { recursive: true });
  }
});
