import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWheel, indexedFile, startUpstreamServer, writeSimpleIndex } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonPage, type PythonChannel, pythonChannel } from '../testing/python-channel.ts';

// A file and all that stands beside it are behind one gate, whoever asked before and however it is asked for.

let app: TestApp;
let admin: string;
beforeAll(async () => {
  app = await startTestApp({ env: { SLUICE_SOURCES: 'any' } });
  admin = await app.adminToken();
});
afterAll(() => app.close());

const ways = (fileName: string): [path: string, init: RequestInit][] => [
  [fileName, {}],
  [fileName, { method: 'HEAD' }],
  [fileName, { headers: { Range: 'bytes=0-9' } }],
  [`${fileName}.metadata`, {}],
  [`${fileName}.metadata`, { method: 'HEAD' }],
];

async function statuses(channel: PythonChannel, fileName: string): Promise<number[]> {
  const found: number[] = [];
  for (const ref of ['', '@1']) {
    for (const [path, init] of ways(fileName)) {
      const url = `${app.url}/api/repo/${channel.name}${ref}/pypi/demo/${path}`;
      // Twice, so that what memory answers is seen, too.
      for (let time = 0; time < 2; time++) {
        const answer = await fetch(url, init);
        await answer.arrayBuffer();
        found.push(answer.status);
      }
    }
  }
  return [...new Set(found)].sort();
}

test('rules, privacy and deletion hold at once for files, parts of them and what stands beside them, of the past too', async () => {
  const channel = await pythonChannel(app, 'gated');
  const { fileName } = await channel.wheel({ name: 'demo' });
  expect(await statuses(channel, fileName)).toEqual([200, 206]);
  const edit = async (body: object) => {
    const answer = await app.request('PUT', '/api/channels/gated', { token: admin, body });
    expect(answer.status).toBeLessThan(300);
  };
  await edit({ filters: { exclude_specs: ['demo'] } });
  expect(await statuses(channel, fileName)).toEqual([403]);
  await edit({ filters: {} });
  expect(await statuses(channel, fileName)).toEqual([200, 206]);
  await edit({ privacy: 'private' });
  expect(await statuses(channel, fileName)).toEqual([401]);
  await edit({ privacy: 'public' });
  expect(await statuses(channel, fileName)).toEqual([200, 206]);
  const url = `/api/channels/gated/artifacts/python/demo/files/${fileName}`;
  expect((await app.request('DELETE', url, { token: admin })).status).toBe(204);
  expect(await statuses(channel, fileName)).toEqual([410]);
});

test('a frozen channel shows nothing that is asked for now, nor gives it by its address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'index-'));
  const upstream = await startUpstreamServer({ folder });
  const wheel = indexedFile(await buildWheel({ name: 'demo' }));
  writeSimpleIndex(folder, { demo: [wheel] });
  const channel = await pythonChannel(app, 'cold');
  await channel.wheel({ name: 'own' });
  const body = {
    mirror_name: 'index',
    mirror_type: 'python_simple',
    source_root: `${upstream.url}/simple`,
    run_now: true,
  };
  await app.request('POST', '/api/channels/cold/mirrors', { token: admin, body });
  await app.jobsDone();
  const frozen = { indexing_behavior: 'frozen' };
  expect((await app.request('PUT', '/api/channels/cold', { token: admin, body: frozen })).status).toBeLessThan(300);
  expect((await channel.get('/simple/demo/', { Accept: jsonPage })).status).not.toBe(200);
  expect(await statuses(channel, wheel.fileName)).not.toContain(200);
  expect(upstream.count(`/files/${wheel.fileName}`)).toBe(0);
  await upstream.close();
  rmSync(folder, { recursive: true });
});
