import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, expect, it } from 'vitest';

// The key of formats.md 2.1: its seed is the bytes 0 to 31.
const seed = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
});
const signer = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8';

/** The form in which conda-content-trust signs a record; records of these tests are plain ASCII. */
function canonical(record: object): Buffer {
  const inOrder = (_: string, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return Buffer.from(JSON.stringify(record, inOrder, 2));
}

const signed = (record: object) => ({ [signer]: { signature: sign(null, canonical(record), key).toString('hex') } });

function holds(record: object, signatures: Record<string, { signature: string }> | undefined): boolean {
  const found = signatures?.[signer]?.signature;
  return found !== undefined && verify(null, canonical(record), createPublicKey(key), Buffer.from(found, 'hex'));
}

let app: TestApp;
let admin: string;
let folder: string;
let id: string;

const record = (name: string, more: object = {}) => ({
  build: 'h0_0',
  build_number: 0,
  depends: ['python >=3.9'],
  license: 'MIT',
  md5: '00'.repeat(16),
  name,
  sha256: '00'.repeat(32),
  size: 10,
  subdir: 'noarch',
  timestamp: 1_700_000_000_000,
  version: '1.0',
  ...more,
});
const fileOf = (name: string, ending = 'conda') => `${name}-1.0-h0_0.${ending}`;

function publishUpstream(signatures: object): void {
  mkdirSync(join(folder, 'noarch'), { recursive: true });
  const document = {
    info: { subdir: 'noarch' },
    packages: { [fileOf('old', 'tar.bz2')]: record('old') },
    'packages.conda': { [fileOf('demo')]: record('demo'), [fileOf('other')]: record('other') },
    removed: [],
    repodata_version: 1,
    signatures,
  };
  writeFileSync(join(folder, 'noarch/repodata.json'), JSON.stringify(document));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-signed-'));
  app = await startTestApp({ env: { SLUICE_SOURCES: `file://${folder}` } });
  admin = await app.adminToken();
  await app.request('POST', '/api/channels', { token: admin, body: { name: 'c', privacy: 'public' } });
  publishUpstream({ [fileOf('demo')]: signed(record('demo')), [fileOf('old', 'tar.bz2')]: signed(record('old')) });
  const body = { mirror_name: 'signed', source_root: folder, filters: { subdirs: ['noarch'] }, run_now: true };
  id = (await app.request('POST', '/api/channels/c/mirrors', { token: admin, body })).json.id;
  await app.jobsDone();
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

async function served() {
  const { status, json, headers } = await app.request('GET', '/api/repo/c/noarch/repodata.json');
  expect(status).toBe(200);
  expect(Number(headers.get('content-length') ?? JSON.stringify(json).length)).toBe(JSON.stringify(json).length);
  const records: Record<string, object> = { ...json.packages, ...json['packages.conda'] };
  const verified = Object.keys(records).filter((file) => holds(records[file]!, json.signatures?.[file]));
  return { signedFiles: Object.keys(json.signatures ?? {}).sort(), verified: verified.sort(), keys: Object.keys(json) };
}

async function run(): Promise<void> {
  await app.request('POST', `/api/channels/c/mirrors/${id}/run`, { token: admin });
  await app.jobsDone();
}

it('hands signatures on with the records that they hold for', async () => {
  const both = [fileOf('demo'), fileOf('old', 'tar.bz2')];
  expect(await served()).toEqual({
    signedFiles: both,
    verified: both,
    keys: ['info', 'packages', 'packages.conda', 'removed', 'repodata_version', 'signatures'],
  });
});

it('shows a change of signatures alone', async () => {
  publishUpstream({ [fileOf('other')]: signed(record('other')), [fileOf('gone')]: signed(record('gone')) });
  await run();
  expect(await served()).toMatchObject({ signedFiles: [fileOf('other')], verified: [fileOf('other')] });
});

it('hands on none for what the channel’s patches change', async () => {
  publishUpstream({ [fileOf('demo')]: signed(record('demo')), [fileOf('other')]: signed(record('other')) });
  const instructions = {
    patch_instructions_version: 1,
    'packages.conda': { [fileOf('demo')]: { depends: ['python >=3.12'] } },
  };
  const patched = await app.request('PUT', '/api/channels/c/patches/noarch', { token: admin, body: instructions });
  expect(patched.status).toBeLessThan(300);
  await run();
  expect(await served()).toMatchObject({ signedFiles: [fileOf('other')], verified: [fileOf('other')] });
});

it('shows only what is signed to a mirror that says so, patched or not', async () => {
  const body = { filters: { only_signed: true } };
  expect((await app.request('PUT', `/api/channels/c/mirrors/${id}`, { token: admin, body })).status).toBe(202);
  await app.jobsDone();
  const { json } = await app.request('GET', '/api/repo/c/noarch/repodata.json');
  expect([json.packages, Object.keys(json['packages.conda'])]).toEqual([{}, [fileOf('demo'), fileOf('other')]]);
  const refused = await app.request('GET', `/api/repo/c/noarch/${fileOf('old', 'tar.bz2')}`);
  expect([refused.status, refused.json.detail]).toEqual([403, expect.stringContaining('only_signed')]);
  const reindexed = await app.request('POST', '/api/channels/c/reindex', { token: admin });
  expect(reindexed.status).toBeLessThan(300);
  await app.jobsDone();
  expect((await app.request('GET', '/api/repo/c/noarch/repodata.json')).json).toEqual(json);
});
