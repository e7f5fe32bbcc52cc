import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWheel, indexedFile, startUpstreamServer, writeSimpleIndex } from '@sluice/testkit';
import { startTestApp } from '@sluice/testkit/app';
import { expect, test } from 'vitest';

// Each publication holds a connection and needs others meanwhile: more of them than there are connections must not wait for each
// other in a circle.

test('more channels than there are connections are asked for a project at once', async () => {
  const app = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  const folder = mkdtempSync(join(tmpdir(), 'index-'));
  const upstream = await startUpstreamServer({ folder });
  writeSimpleIndex(folder, { demo: [indexedFile(await buildWheel({ name: 'demo' }))] });
  const token = await app.adminToken();
  const names = Array.from({ length: 24 }, (_, n) => `many${n}`);
  for (const name of names) {
    await app.request('POST', '/api/channels', { token, body: { name, privacy: 'public', types: ['python'] } });
    const body = { mirror_name: 'index', mirror_type: 'python_simple', source_root: `${upstream.url}/simple` };
    const made = await app.request('POST', `/api/channels/${name}/mirrors`, { token, body });
    expect(made.status).toBe(201);
  }
  await app.jobsDone();
  const ask = async (name: string) => (await app.request('GET', `/api/repo/${name}/simple/demo/`)).status;
  expect(await ask(names[0]!)).toBe(200);
  const rest = names.slice(1);
  expect(await Promise.all(rest.map(ask))).toEqual(rest.map(() => 200));
  await app.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});
