import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { type ContentsLine, readContentsLine, readManifest, writeStateFile } from '@sluice/formats/bundle';
import { buildCondaPackage } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, test } from 'vitest';

let app: TestApp;
let token: string;
let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'bundle-'));
  app = await startTestApp({ env: { SLUICE_SOURCES: `file:${scratch}` } });
  token = await app.adminToken();
});
afterAll(async () => {
  await app.close();
  rmSync(scratch, { recursive: true });
});

async function channel(path: string): Promise<void> {
  const made = await app.request('POST', '/api/channels', { token, body: { name: path, privacy: 'public' } });
  expect(made.status, made.text).toBe(201);
}

async function upload(path: string, name: string, version: string): Promise<void> {
  const { bytes, fileName } = await buildCondaPackage({ name, version });
  const form = new FormData();
  form.set('content', new Blob([bytes]), fileName);
  const sent = await app.request('POST', `/api/channels/${path}/artifacts`, { token, body: form });
  expect(sent.status, sent.text).toBeLessThan(300);
  await app.jobsDone();
}

async function bundled(body: Record<string, unknown>) {
  const begun = await app.request('POST', '/api/bundles', { token, body });
  expect(begun.status, begun.text).toBe(202);
  for (;;) {
    const { json } = await app.request('GET', `/api/bundles/${begun.json.id}`, { token });
    if (json.finished_at !== null) return json;
    await sleep(20);
  }
}

interface OpenedPart {
  manifest: ReturnType<typeof readManifest>['manifest'];
  members: Map<string, Buffer>;
}

/** Read a part with tar itself, and check all that its manifest promises. */
function opened(path: string, publicKey: string): OpenedPart {
  const bytes = readFileSync(path);
  const { manifest, line, signature } = readManifest(bytes.subarray(0, 1024));
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicKey, 'base64')]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  expect(verify(null, Buffer.from(line), key, Buffer.from(signature, 'base64'))).toBe(true);
  expect(sha256(bytes.subarray(1024))).toBe(manifest.body);
  expect(bytes.length).toBe(manifest.bytes);
  const names = execFileSync('tar', ['tf', path], { encoding: 'utf8' }).trim().split('\n');
  expect(names.shift()).toBe('manifest');
  const members = new Map(names.map((name) => [name, execFileSync('tar', ['xOf', path, name])]));
  for (const [name, body] of members) if (name.startsWith('blobs/')) expect(`blobs/${sha256(body)}`).toBe(name);
  return { manifest, members };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function contentsOf({ manifest, members }: OpenedPart): ContentsLine[] {
  const packed = members.get('contents.zst')!;
  expect(sha256(packed)).toBe(manifest.contents);
  const text = zstdDecompressSync(packed).toString();
  return text === '' ? [] : text.trimEnd().split('\n').map(readContentsLine);
}

async function publicKey(): Promise<string> {
  return (await app.request('GET', '/api/bundles/key', { token })).json.public_key;
}

test('a full bundle carries each file once, a delta only what is new, and an empty one says so', async () => {
  await channel('carried');
  await upload('carried', 'alpha', '1.0');
  await upload('carried', 'beta', '1.0');
  const key = await publicKey();

  const full = await bundled({ channels: ['carried'], part_bytes: 65_536 });
  expect(full).toMatchObject({ state: 'completed', series: 'carried', serial: 1, base: null, error: null });
  const parts = full.parts.map((part: { place: string }) => opened(part.place, key));
  const lines = contentsOf(parts[0]);
  expect(lines.map(({ kind }) => kind)).toEqual(['channel', 'record', 'record']);
  const listing = zstdDecompressSync(parts[0].members.get('contents.zst')!);
  expect(parts[0].manifest.state).toBe(sha256(listing));
  const carried = parts
    .flatMap(({ members }: OpenedPart) => [...members.keys()])
    .filter((name: string) => name.startsWith('blobs/'));
  expect(new Set(carried).size).toBe(carried.length);
  expect(carried).toHaveLength(2);

  await upload('carried', 'alpha', '2.0');
  const delta = await bundled({ channels: ['carried'], since: 'last' });
  expect(delta).toMatchObject({ serial: 2, base: 1, report: { changed: 1, removed: 0, blobs: 1 } });
  const [part] = delta.parts.map((one: { place: string }) => opened(one.place, key));
  expect(delta.parts[0].name).toBe('carried-2.from-1.part0001.sluice');
  expect(contentsOf(part)).toMatchObject([{ kind: 'record', file: expect.stringContaining('alpha-2.0') }]);
  expect([...part.members.keys()]).toHaveLength(2);

  // However it was found out what changed: the state is that of all that is shown.
  const again = await bundled({ channels: ['carried'], series: 'other' });
  expect(opened(again.parts[0].place, key).manifest.state).toBe(part.manifest.state);
  expect(delta.report).toMatchObject({ files: again.report.files, bytes: again.report.bytes });

  const empty = await bundled({ channels: ['carried'], since: 'last' });
  const [none] = empty.parts.map((one: { place: string }) => opened(one.place, key));
  expect(empty).toMatchObject({ serial: 3, base: 2, report: { changed: 0, removed: 0, blobs: 0 } });
  expect(contentsOf(none)).toEqual([]);
  expect(none.manifest.state).toBe(part.manifest.state);
});

test('the state file of the far side says what need not be carried', async () => {
  await channel('known');
  await upload('known', 'gamma', '1.0');
  const full = await bundled({ channels: ['known'] });
  const key = await publicKey();
  const first = opened(full.parts[0].place, key);
  await upload('known', 'delta', '1.0');
  const { issuer, series, serial, state } = first.manifest;
  const has = [...first.members.keys()].filter((name) => name.startsWith('blobs/')).map((name) => name.slice(6, 22));
  const say = (far: object) =>
    Buffer.from(writeStateFile({ series, serial, issuer, state, blobs: new Set(has), ...far })).toString('base64');

  const delta = await bundled({ channels: ['known'], state: say({}) });
  expect(delta).toMatchObject({ series, base: 1, report: { changed: 1, blobs: 1 } });
  // What it has is in another state than any we know: everything is told, and what it lacks is carried.
  const other = await bundled({ channels: ['known'], state: say({ state: 'f'.repeat(64) }) });
  expect(other).toMatchObject({ base: null, report: { changed: 3, blobs: 1 } });
  const foreign = say({ issuer: '0'.repeat(16) });
  const refused = await app.request('POST', '/api/bundles', { token, body: { channels: ['known'], state: foreign } });
  expect(refused).toMatchObject({ status: 422, json: { code: 'bundle_foreign' } });
});

test('parts are as large as was wished, unless one file alone is larger', async () => {
  await channel('cut');
  writeFileSync(join(scratch, 'small.bin'), Buffer.alloc(40_000, 1));
  writeFileSync(join(scratch, 'other.bin'), Buffer.alloc(40_000, 2));
  writeFileSync(join(scratch, 'large.bin'), Buffer.alloc(200_000, 3));
  const attachments = ['large.bin', 'other.bin', 'small.bin'].map((name) => join(scratch, name));
  const made = await bundled({ channels: ['cut'], attachments, part_bytes: 65_536 });
  expect(made.error).toBeNull();
  const key = await publicKey();
  const parts = made.parts.map((part: { place: string }) => opened(part.place, key));
  expect(parts.map(({ members }: OpenedPart) => [...members.keys()])).toEqual([
    ['contents.zst'],
    ['files/large.bin'],
    ['files/other.bin'],
    ['files/small.bin'],
  ]);
  expect(parts[1].members.get('files/large.bin')).toEqual(readFileSync(join(scratch, 'large.bin')));
  const sizes = made.parts.map(({ bytes }: { bytes: number }) => bytes);
  expect(sizes.filter((bytes: number) => bytes > 65_536)).toHaveLength(1);
});

test('a part is fetched in ranges, and goes with its bundle', async () => {
  await channel('fetched');
  const made = await bundled({ channels: ['fetched'], output: scratch });
  const url = `/api/bundles/${made.id}/parts/1`;
  const whole = readFileSync(made.parts[0].place);
  const get = (headers: Record<string, string>) =>
    fetch(app.url + url, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const full = await get({});
  expect(Buffer.from(await full.arrayBuffer())).toEqual(whole);
  const etag = full.headers.get('etag')!;
  const rest = await get({ range: 'bytes=1000-', 'if-range': etag });
  expect(rest.status).toBe(206);
  expect(Buffer.from(await rest.arrayBuffer())).toEqual(whole.subarray(1000));
  expect((await get({ range: `bytes=${whole.length}-` })).status).toBe(416);
  expect((await app.request('DELETE', `/api/bundles/${made.id}`, { token })).status).toBe(204);
  expect(readdirSync(scratch).filter((name) => name.endsWith('.sluice'))).toEqual([]);
  expect(await bundled({ channels: ['fetched'] })).toMatchObject({ serial: 2 });
});

test("it takes the right to manage every channel, and more for what is the server's", async () => {
  await channel('theirs');
  const other = await app.signIn('bundler');
  const ask = (body: object) => app.request('POST', '/api/bundles', { token: other, body });
  expect(await ask({ channels: ['theirs'] })).toMatchObject({ status: 403 });
  expect(await ask({ channels: ['nowhere'] })).toMatchObject({ status: 404 });
  expect(await ask({ attachments: ['/etc/passwd'] })).toMatchObject({ status: 403 });
  await app.request('POST', '/api/channels', { token: other, body: { name: 'own', privacy: 'private' } });
  const own = await ask({ channels: ['own'] });
  expect(own.status).toBe(202);
  await app.jobsDone();
  const made = await bundled({ channels: ['theirs'] });
  expect(await app.request('GET', `/api/bundles/${made.id}`, { token: other })).toMatchObject({ status: 404 });
  const listed = await app.request('GET', '/api/bundles', { token: other });
  expect(listed.json.items.map(({ id }: { id: string }) => id)).toEqual([own.json.id]);
});

test.each([
  [{}, 'bundle_invalid'],
  [{ channels: ['carried'], since: 99 }, 'bundle_base_missing'],
  [{ channels: ['carried'], series: 'No Name' }, 'bundle_invalid'],
  [{ channels: ['carried'], part_bytes: 10 }, 'bundle_invalid'],
  [{ channels: ['carried'], output: '/etc' }, 'source_refused'],
  [{ channels: ['carried'], state: 'AAAA' }, 'bundle_invalid'],
  [{ attachments: ['/one/cve.zip', '/two/cve.zip'] }, 'bundle_invalid'],
  [{ attachments: ['https://feeds.example/%zz'] }, 'bundle_invalid'],
])('%j is refused: %s', async (body, code) => {
  expect((await app.request('POST', '/api/bundles', { token, body })).json).toMatchObject({ code });
});

test('attachments outside of the allowed folders end the work, and say so', async () => {
  const made = await bundled({ attachments: ['/etc/hostname'] });
  expect(made).toMatchObject({ state: 'failed', error: { code: 'source_refused' } });
  const again = await app.request('POST', `/api/bundles/${made.id}/resume`, { token });
  expect(again.status).toBe(202);
  await app.jobsDone();
  expect((await app.request('POST', `/api/bundles/${made.id}/stop`, { token })).json).toMatchObject({
    code: 'bundle_over',
  });
});

test('the past that is being bundled is kept from a collection', async () => {
  await channel('held');
  await upload('held', 'epsilon', '1.0');
  const made = await bundled({ channels: ['held'] });
  const rows = await app.db.selectFrom('bundle_publication').selectAll().execute();
  expect(rows.filter(({ bundle_id }) => bundle_id === made.id)).toEqual([]);
  const left = await app.db.selectFrom('bundle_blob').selectAll().where('bundle_id', '=', made.id).execute();
  expect(left).toEqual([]);
});
