import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { testUpstreamDeps } from '../testing/deps.ts';
import { startUpstream } from '../testing/upstream.ts';
import { packageLocation } from './conda/locate.ts';
import { type OpenFile, openFile } from './open-file.ts';
import type { UpstreamDeps } from './upstream-deps.ts';

const place = { subdir: 'noarch', file: 'a-1-0.conda', baseUrl: null };

async function openPackage(
  deps: UpstreamDeps,
  { subdir, file, baseUrl }: { subdir: string; file: string; baseUrl: string | null },
  options: { from: number },
) {
  return openFile(deps, packageLocation(deps.address, subdir, file, baseUrl), `${subdir}/${file}`, options);
}

async function text(opened: OpenFile): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of opened.bytes) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('an upstream that can goes on where we were; one that cannot begins anew', async () => {
  const upstream = await startUpstream((request, response) => {
    const range = request.headers.range;
    if (range && request.url?.startsWith('/ranges'))
      response.writeHead(206, { 'content-range': 'bytes 4-9/10' }).end('456789');
    else response.writeHead(200, { 'content-length': 10 }).end('0123456789');
  });
  const ranges = testUpstreamDeps(`${upstream.url}/ranges`);
  const plain = testUpstreamDeps(`${upstream.url}/plain`);

  const whole = await openPackage(ranges, place, { from: 0 });
  expect([whole.start, whole.size, await text(whole)]).toEqual([0, 10, '0123456789']);
  const rest = await openPackage(ranges, place, { from: 4 });
  expect([rest.start, rest.size, await text(rest)]).toEqual([4, 10, '456789']);
  const again = await openPackage(plain, place, { from: 4 });
  expect([again.start, again.size, await text(again)]).toEqual([0, 10, '0123456789']);
  expect(upstream.requests.map((request) => request.headers.range)).toEqual([undefined, 'bytes=4-', 'bytes=4-']);

  await Promise.all([ranges.close(), plain.close(), upstream.close()]);
});

test('a part that nobody asked for is refused', async () => {
  const upstream = await startUpstream((_, response) =>
    response.writeHead(206, { 'content-range': 'bytes 0-1/10' }).end('01'),
  );
  const deps = testUpstreamDeps(upstream.url);
  await expect(openPackage(deps, place, { from: 0 })).rejects.toMatchObject({ code: 'upstream_malformed' });
  await Promise.all([deps.close(), upstream.close()]);
});

test('a folder gives its files', async () => {
  const root = await mkdtemp(join(tmpdir(), 'channel-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'noarch'));
  await writeFile(join(root, 'noarch', place.file), '0123456789');
  const deps = testUpstreamDeps(root, root);
  const rest = await openPackage(deps, place, { from: 4 });
  expect([rest.start, rest.size, await text(rest)]).toEqual([4, 10, '456789']);
  await expect(openPackage(deps, { ...place, file: 'b-1-0.conda' }, { from: 0 })).rejects.toMatchObject({
    code: 'upstream_missing',
  });
  await expect(openPackage(deps, { ...place, baseUrl: '../../..' }, { from: 0 })).rejects.toMatchObject({
    code: 'source_refused',
  });
  await deps.close();
});
