import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { PartOrigin } from '@sluice/catalog';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { testUpstreamDeps } from '../../testing/deps.ts';
import { startUpstream, type Upstream } from '../../testing/upstream.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { type DocumentAnswer, findDocument, type KnownPart } from './find-document.ts';

const open: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((thing) => thing.close()));
});

const now = new Date('2026-11-21T00:00:00Z');
const json = Buffer.from('{"info":{"subdir":"noarch"},"packages":{"a-1-0.tar.bz2":{"name":"a"}},"packages.conda":{}}');
const zst = zstdCompressSync(json);

type Answers = Record<
  string,
  (send: Parameters<Parameters<typeof startUpstream>[0]>[1], headers: Record<string, unknown>) => void
>;

async function server(answers: Answers, source = ''): Promise<{ upstream: Upstream; deps: UpstreamDeps }> {
  const upstream = await startUpstream((request, response) => {
    const answer = answers[(request.url ?? '').replace(/^\/noarch\//, '')];
    if (answer) answer(response, request.headers);
    else response.writeHead(404).end('<html>none</html>');
  });
  const deps = testUpstreamDeps(upstream.url + source);
  open.push(upstream, deps);
  return { upstream, deps };
}

async function read(answer: DocumentAnswer): Promise<{ text: string; origin: PartOrigin; zstAbsent: boolean }> {
  if (answer.status !== 'document') throw new Error(answer.status);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-document-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'document');
  await writeFile(path, answer.document.bytes);
  const parts: Uint8Array[] = [];
  for await (const part of answer.document.jsonOf(path)) parts.push(Buffer.from(part));
  const origin = { ...answer.document.finish(), document_sha256: sha256(await readFile(path)) };
  return { text: Buffer.concat(parts).toString(), origin, zstAbsent: answer.zstAbsent };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
const find = (deps: UpstreamDeps, known?: KnownPart, at = now) => findDocument(deps, 'noarch', known, at);

describe('over http', () => {
  test('the compressed document first, with its validators and the digest of what lies there', async () => {
    const { upstream, deps } = await server({
      'repodata.json.zst': (response) =>
        response.writeHead(200, { etag: '"z1"', 'last-modified': 'yesterday' }).end(zst),
      'repodata.json': (response) => response.end(json),
    });
    expect(await read(await find(deps))).toEqual({
      text: json.toString(),
      zstAbsent: false,
      origin: {
        document_url: `${upstream.url}/noarch/repodata.json.zst`,
        document_sha256: sha256(zst),
        etag: '"z1"',
        last_modified: 'yesterday',
        base_url: null,
      },
    });
    expect(upstream.asked).toEqual(['GET /noarch/repodata.json.zst']);
  });

  test.each<[string, Answers]>([
    ['is missing', {}],
    ['is denied', { 'repodata.json.zst': (response) => response.writeHead(403).end() }],
    ['is a page', { 'repodata.json.zst': (response) => response.end('<html>Welcome</html>') }],
    ['is empty', { 'repodata.json.zst': (response) => response.end() }],
  ])('the plain one when the compressed one %s; that is remembered for days', async (_, answers) => {
    const { upstream, deps } = await server({ ...answers, 'repodata.json': (response) => response.end(json) });
    expect(await read(await find(deps))).toMatchObject({
      text: json.toString(),
      zstAbsent: true,
      origin: { document_sha256: sha256(json) },
    });
    const known = { document_url: null, etag: null, last_modified: null, zst_absent_at: now };
    upstream.asked.length = 0;
    await read(await find(deps, known, new Date(now.getTime() + 6 * 24 * 3600_000)));
    expect(upstream.asked).toEqual(['GET /noarch/repodata.json']);
    await read(await find(deps, known, new Date(now.getTime() + 8 * 24 * 3600_000)));
    expect(upstream.asked).toHaveLength(3);
  });

  test('a gzipped answer is unpacked before it is hashed', async () => {
    const { deps } = await server({
      'repodata.json': (response, headers) => {
        expect(headers['accept-encoding']).toBe('gzip');
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(json));
      },
    });
    expect(await read(await find(deps))).toMatchObject({
      text: json.toString(),
      origin: { document_sha256: sha256(json) },
    });
  });

  test('nothing new is said without reading', async () => {
    const asked: unknown[] = [];
    const { upstream, deps } = await server({
      'repodata.json.zst': (response, headers) => {
        asked.push([headers['if-none-match'], headers['if-modified-since']]);
        if (headers['if-none-match']) response.writeHead(304).end();
        else response.end(zst);
      },
    });
    const known = {
      document_url: `${upstream.url}/noarch/repodata.json.zst`,
      etag: '"z1"',
      last_modified: 'yesterday',
      zst_absent_at: null,
    };
    expect(await find(deps, known)).toEqual({ status: 'unchanged' });
    // Validators of another representation say nothing about this one.
    expect(await find(deps, { ...known, document_url: `${upstream.url}/noarch/repodata.json` })).toMatchObject({
      status: 'document',
    });
    expect(asked).toEqual([
      ['"z1"', 'yesterday'],
      [undefined, undefined],
    ]);
  });

  test('no document at all is an answer', async () => {
    const { deps } = await server({});
    expect(await find(deps)).toEqual({ status: 'absent' });
  });

  test.each<[string, Answers, string]>([
    [
      '5xx for the compressed',
      {
        'repodata.json.zst': (response) => response.writeHead(500).end(),
        'repodata.json': (response) => response.end(json),
      },
      'upstream_unavailable',
    ],
    [
      '403 for both',
      {
        'repodata.json.zst': (response) => response.writeHead(403).end(),
        'repodata.json': (response) => response.writeHead(403).end(),
      },
      'upstream_denied',
    ],
    [
      'a page for the plain',
      { 'repodata.json': (response) => response.end('<!doctype html><title>Login</title>') },
      'upstream_malformed',
    ],
    [
      'another subdir',
      { 'repodata.json': (response) => response.end('{"info":{"subdir":"win-64"}}') },
      'upstream_malformed',
    ],
    [
      'another subdir, said last',
      { 'repodata.json': (response) => response.end('{"packages":{"a":{}},"info":{"subdir":"win-64"}}') },
      'upstream_malformed',
    ],
    [
      'a cut frame',
      { 'repodata.json.zst': (response) => response.end(zst.subarray(0, zst.length - 4)) },
      'upstream_unavailable',
    ],
    [
      'a cut body',
      {
        'repodata.json.zst': (response) => {
          response.writeHead(200, { 'content-length': zst.length });
          response.write(zst.subarray(0, 20), () => response.socket?.destroy());
        },
      },
      'upstream_unavailable',
    ],
  ])('%s is an error', async (_, answers, code) => {
    const { deps } = await server(answers);
    await expect(find(deps).then(read)).rejects.toMatchObject({ code });
  });

  test.each([
    ['first', '{"info":{"base_url":"../files","subdir":"noarch"},"packages":{}}'],
    ['last', '{"packages":{"a":{"info":{"base_url":"wrong"}}},"info":{"base_url":"../files"}}'],
  ])('base_url is found %s', async (_, text) => {
    const { deps } = await server({ 'repodata.json': (response) => response.end(text) });
    expect(await read(await find(deps))).toMatchObject({ text, origin: { base_url: '../files' } });
  });

  test('no secret is stored', async () => {
    const { upstream, deps } = await server(
      { '/t/tok/c/noarch/repodata.json.zst': (response) => response.end(zst) },
      '/t/tok/c',
    );
    const { origin } = await read(await find(deps));
    expect(origin.document_url).toBe(`${upstream.url}/t/***/c/noarch/repodata.json.zst`);
  });
});

describe('in a folder', () => {
  async function folder(files: Record<string, Buffer>) {
    const root = await mkdtemp(join(tmpdir(), 'channel-'));
    onTestFinished(() => rm(root, { recursive: true }));
    await mkdir(join(root, 'noarch'));
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(root, 'noarch', name), bytes);
    const deps = testUpstreamDeps(root, root);
    open.push(deps);
    return { root, deps };
  }

  test('documents are read, and not again while size and time of change stay', async () => {
    const { root, deps } = await folder({ 'repodata.json': json });
    const first = await read(await find(deps));
    expect(first).toMatchObject({
      text: json.toString(),
      zstAbsent: true,
      origin: {
        document_url: `file://${root}/noarch/repodata.json`,
        document_sha256: sha256(json),
        last_modified: null,
      },
    });
    const known = { ...first.origin, zst_absent_at: null };
    expect(await find(deps, known)).toEqual({ status: 'unchanged' });
    await writeFile(join(root, 'noarch', 'repodata.json'), json);
    expect(await find(deps, known)).toMatchObject({ status: 'document' });
    await writeFile(join(root, 'noarch', 'repodata.json.zst'), zst);
    expect(await read(await find(deps, known))).toMatchObject({ text: json.toString(), zstAbsent: false });
  });

  test('a document that changes while it is read is an error', async () => {
    const { root, deps } = await folder({
      'repodata.json': Buffer.concat([Buffer.from('{"x":"'), Buffer.alloc(2_000_000, 'x'), Buffer.from('"}')]),
    });
    const answer = await find(deps);
    if (answer.status !== 'document') throw new Error(answer.status);
    const reading = answer.document.json[Symbol.asyncIterator]();
    await reading.next();
    await writeFile(join(root, 'noarch', 'repodata.json'), json, { flag: 'a' });
    await expect(
      (async () => {
        while (!(await reading.next()).done);
      })(),
    ).rejects.toMatchObject({ code: 'upstream_unavailable', transient: true });
  });

  test('without a document it is a bare folder; without the folder, absent', async () => {
    const { deps } = await folder({ 'a-1-0.conda': Buffer.of() });
    const answer = await find(deps);
    if (answer.status !== 'folder') return expect.unreachable(answer.status);
    expect(await answer.files.list()).toEqual([{ name: 'a-1-0.conda', kind: 'file' }]);
    expect(await findDocument(deps, 'win-64', undefined, now)).toEqual({ status: 'absent' });
  });

  test('outside the allowed roots nothing is read', async () => {
    const { root } = await folder({ 'repodata.json': json });
    const deps = testUpstreamDeps(root, '/nowhere');
    open.push(deps);
    await expect(find(deps)).rejects.toMatchObject({ code: 'source_refused' });
  });
});
