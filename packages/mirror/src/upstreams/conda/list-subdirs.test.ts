import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownSubdirs } from '@sluice/formats/conda';
import { expect, onTestFinished, test } from 'vitest';
import { testUpstreamDeps } from '../../testing/deps.ts';
import { startUpstream } from '../../testing/upstream.ts';
import { listSubdirs } from './list-subdirs.ts';

test.each([
  [
    'those of channeldata',
    200,
    '{"packages":{"a":{"subdirs":["osx-64"]}},"subdirs":["win-64","noarch","linux-64","../x",5]}',
    ['linux-64', 'noarch', 'win-64'],
  ],
  ['noarch is never left out', 200, '{"subdirs":["linux-64"]}', ['linux-64', 'noarch']],
  ['all known ones without channeldata', 404, '', [...knownSubdirs].sort()],
  ['all known ones when it is denied', 403, '', [...knownSubdirs].sort()],
  ['all known ones when it is a page', 200, '<html>', [...knownSubdirs].sort()],
  ['all known ones when it names none', 200, '{}', [...knownSubdirs].sort()],
])('%s', async (_, status, body, subdirs) => {
  const upstream = await startUpstream((_request, response) => response.writeHead(status).end(body));
  const deps = testUpstreamDeps(`${upstream.url}/c`);
  expect(await listSubdirs(deps)).toEqual(subdirs);
  expect(upstream.asked).toEqual(['GET /c/channeldata.json']);
  await deps.close();
  await upstream.close();
});

test('an upstream that is down is an error, not an empty channel', async () => {
  const upstream = await startUpstream((_request, response) => response.writeHead(500).end());
  const deps = testUpstreamDeps(upstream.url);
  await expect(listSubdirs(deps)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  await deps.close();
  await upstream.close();
});

test('the subfolders of a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'channel-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const name of ['linux-64', 'noarch', 'Not-A-Subdir', 'x']) await mkdir(join(root, name));
  await writeFile(join(root, 'win-64'), 'a file');
  const deps = testUpstreamDeps(root, root);
  expect(await listSubdirs(deps)).toEqual(['linux-64', 'noarch']);
  await expect(listSubdirs(testUpstreamDeps(join(root, 'gone'), root))).rejects.toMatchObject({
    code: 'upstream_missing',
  });
  await deps.close();
});
