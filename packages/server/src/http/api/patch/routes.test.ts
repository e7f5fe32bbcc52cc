import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { decodeShard, decodeShardIndex } from '@sluice/formats/conda';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const fixtures = join(import.meta.dirname, '../../../../../testkit/fixtures/conda/noarch');
const patchPackage = 'conda-forge-repodata-patches-20180828-0.tar.bz2';
const fixed = 'dependent-2.0-0.conda';
const revoked = 'other_dependent-1.0-0.conda';
const removed = 'flask-0.11.1-py_0.tar.bz2';
const left = 'versioned-1.0-0.conda';

let app: TestApp;
let admin: string;
let folder: string;
let name: string;
let patches: string;
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-patched-'));
  mkdirSync(join(folder, 'noarch'));
  for (const file of [fixed, revoked, removed, left]) copyFileSync(join(fixtures, file), join(folder, 'noarch', file));
  app = await startTestApp({ env: { SLUICE_SOURCES: `file://${folder}` } });
  admin = await app.adminToken();
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  name = `patched-${count}`;
  count += 1;
  patches = `/api/channels/${name}/patches`;
  await call('POST', '/api/channels', { name, privacy: 'public' });
  const mirror = { mirror_name: 'all', mirror_mode: 'active', source_root: folder, run_now: true };
  await call('POST', `/api/channels/${name}/mirrors`, mirror);
  await app.jobsDone();
});

const call = (method: string, path: string, body?: unknown, token = admin) =>
  app.request(method, path, body === undefined ? { token } : { token, body });

async function bytesOf(path: string, at = ''): Promise<Buffer> {
  const url = `${app.url}/api/repo/${name}${at}/noarch/${path}`;
  let response = await fetch(url);
  if (at !== '' && response.status === 503) {
    // Documents of the past are made when somebody asks for them.
    await app.jobsDone();
    response = await fetch(url);
  }
  expect([path, response.status]).toEqual([path, 200]);
  return Buffer.from(await response.arrayBuffer());
}

const download = async (file: string, at = '') =>
  (await fetch(`${app.url}/api/repo/${name}${at}/noarch/${file}`)).status;

const documents = ['repodata.json', 'current_repodata.json', 'run_exports.json', 'repodata_shards.msgpack.zst'];

/** Every document of the subdir, and every shard, as bytes. */
async function everything(): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const document of documents) all.set(document, (await bytesOf(document)).toString('base64'));
  for (const [shard, digest] of await shardNames()) {
    all.set(shard, (await bytesOf(`shards/${digest}.msgpack.zst`)).toString('base64'));
  }
  return all;
}

async function shardNames(): Promise<Map<string, string>> {
  return decodeShardIndex(zstdDecompressSync(await bytesOf('repodata_shards.msgpack.zst'))).shards;
}

/** A file as the shards and as the documents show it. */
async function shown(file: string) {
  const map = file.endsWith('.conda') ? 'packages.conda' : 'packages';
  const digest = (await shardNames()).get(file.split('-')[0]!);
  const shard = digest && decodeShard(zstdDecompressSync(await bytesOf(`shards/${digest}.msgpack.zst`)));
  const inShard = shard ? shard.records.find(({ fn }) => fn === file) : undefined;
  const repodata = JSON.parse((await bytesOf('repodata.json')).toString())[map][file];
  const exports = JSON.parse((await bytesOf('run_exports.json')).toString())[map][file];
  expect(inShard?.record).toEqual(repodata);
  if (inShard?.run_exports) expect({ run_exports: inShard.run_exports }).toEqual(exports);
  return { record: repodata, exports };
}

const document = {
  patch_instructions_version: 2,
  'packages.conda': {
    [fixed]: { depends: ['dependency >=2'], license: 'MIT', run_exports: { weak: ['dependent >=2'] } },
    'not-there-1-0.conda': { depends: [] },
  },
  remove: [removed, 'gone-1-0.tar.bz2'],
  revoke: [revoked],
};

describe('patches of a channel', () => {
  it('change what shards and documents show, all alike; without them the same bytes are back', async () => {
    const before = await everything();
    const set = await call('PUT', `${patches}/noarch`, document);
    expect([set.status, set.json]).toEqual([
      200,
      {
        patch_rev: 1,
        subdirs: [
          {
            ...{ subdir: 'noarch', files: 2, removed: 1, revoked: 1 },
            unknown: { count: 2, files: ['gone-1-0.tar.bz2', 'not-there-1-0.conda'] },
            changes: { count: 6, items: expect.any(Array) },
          },
        ],
      },
    ]);
    await app.jobsDone();

    expect(await shown(fixed)).toMatchObject({
      record: { depends: ['dependency >=2'], license: 'MIT', version: '2.0' },
      exports: { run_exports: { weak: ['dependent >=2'] } },
    });
    const { depends } = (await shown(revoked)).record;
    expect(depends.at(-1)).toBe('package_has_been_revoked');
    expect((await shown(revoked)).record.revoked).toBe(true);
    expect(await shown(removed)).toEqual({ record: undefined, exports: undefined });
    expect((await shardNames()).has('flask')).toBe(false);

    const after = await everything();
    expect(after.get('versioned')).toBe(before.get('versioned'));
    expect(after.get('dependent')).not.toBe(before.get('dependent'));
    for (const file of [fixed, revoked, left]) expect(await download(file)).toBe(200);
    // Lock files from before still find it: it is out of the index only.
    expect(await download(removed)).toBe(200);

    const cleared = await call('DELETE', `${patches}/noarch`);
    expect([cleared.status, cleared.json.patch_rev]).toEqual([200, 2]);
    await app.jobsDone();
    expect(await everything()).toEqual(before);
    for (const file of [fixed, revoked, removed, left]) expect(await download(file)).toBe(200);

    // What was published with them reads as it did, made again from the records.
    for (const one of documents)
      expect([one, (await bytesOf(one, '@2')).toString('base64')]).toEqual([one, after.get(one)]);
    for (const one of documents)
      expect([one, (await bytesOf(one, '@1')).toString('base64')]).toEqual([one, before.get(one)]);
    const then = await Promise.all([fixed, revoked, removed, left].map((file) => download(file, '@2')));
    expect(then).toEqual([200, 200, 404, 200]);
  });

  it('are tried without being saved, key by key', async () => {
    const before = await everything();
    const { json, status } = await call('PUT', `${patches}/noarch?dry_run=true`, document);
    expect([status, json.patch_rev]).toEqual([200, 0]);
    const { items } = json.subdirs[0].changes;
    expect(items).toContainEqual({ file: removed, key: null, before: 'listed', after: 'removed' });
    expect(items).toContainEqual({ file: revoked, key: 'revoked', after: true });
    expect(items).toContainEqual({
      ...{ file: fixed, key: 'run_exports', before: expect.anything(), after: { weak: ['dependent >=2'] } },
    });
    expect((await call('GET', patches)).json).toEqual({ patch_rev: 0, items: [] });
    await app.jobsDone();
    expect(await everything()).toEqual(before);
  });

  it('replace each other, are read back, and stay the same revision when nothing changes', async () => {
    await call('PUT', `${patches}/noarch`, document);
    const fewer = { packages: {}, revoke: [left] };
    const set = await call('PUT', `${patches}/noarch`, fewer);
    expect(set.json.subdirs[0].changes.items).toContainEqual({
      ...{ file: removed, key: null, before: 'removed', after: 'listed' },
    });
    expect((await call('PUT', `${patches}/noarch`, fewer)).json.patch_rev).toBe(2);
    expect((await call('GET', `${patches}/noarch`)).json).toEqual(fewer);
    expect((await call('GET', patches)).json).toMatchObject({
      patch_rev: 2,
      items: [{ subdir: 'noarch', created_by: 'admin', bytes: JSON.stringify(fewer).length }],
    });
    await app.jobsDone();
    expect((await shown(removed)).record).toBeDefined();
    expect((await shown(left)).record.revoked).toBe(true);
    const events = (await call('GET', `/api/channels/${name}/history`)).json.items;
    expect(events.filter(({ meta }: { meta: { subject: string } }) => meta.subject === 'patches noarch')).toHaveLength(
      2,
    );
  });

  it('wait in a frozen channel, whose files can still be had', async () => {
    await call('PUT', `/api/channels/${name}`, { indexing_behavior: 'frozen' });
    const before = await everything();
    await call('PUT', `${patches}/noarch`, document);
    await app.jobsDone();
    expect(await everything()).toEqual(before);
    for (const file of [fixed, revoked, removed, left]) expect(await download(file)).toBe(200);
    await call('PUT', `/api/channels/${name}`, { indexing_behavior: 'default' });
    await app.jobsDone();
    expect((await shown(fixed)).record.license).toBe('MIT');
  });

  it('are what rules see, at the door too', async () => {
    await call('PUT', `${patches}/noarch`, { 'packages.conda': { [fixed]: { license: 'GPL-3.0-only' } } });
    await call('PUT', `/api/channels/${name}`, { filters: { exclude_licenses: ['gpl3'] } });
    expect(await download(fixed)).toBe(403);
    await app.jobsDone();
    expect((await shown(fixed)).record).toBeUndefined();
    await call('DELETE', patches);
    await app.jobsDone();
    expect((await shown(fixed)).record).toBeDefined();
    expect(await download(fixed)).toBe(200);
  });
});

describe('a patch package', () => {
  const form = () => {
    const body = new FormData();
    body.append('content', new Blob([readFileSync(join(fixtures, patchPackage))]), patchPackage);
    return body;
  };

  it('sets all subdirs at once, those it is silent on too', async () => {
    await call('PUT', `${patches}/linux-aarch64`, { remove: ['a-1-0.conda'] });
    const { status, json } = await call('PUT', patches, form());
    expect(status).toBe(200);
    expect(json.subdirs.map(({ subdir }: { subdir: string }) => subdir)).toEqual([
      ...['linux-64', 'linux-aarch64', 'noarch', 'osx-64', 'win-32', 'win-64'],
    ]);
    expect(json.subdirs[0]).toMatchObject({ files: 0, unknown: { count: expect.any(Number) } });
    expect(json.subdirs[0].unknown.count).toBeGreaterThan(1300);
    const listed = (await call('GET', patches)).json.items.map(({ subdir }: { subdir: string }) => subdir);
    expect(listed).toEqual(['linux-64', 'noarch', 'osx-64', 'win-32', 'win-64']);
    expect((await call('GET', `${patches}/noarch`)).json.remove).toEqual(['sendgrid-5.3.0-py_0.tar.bz2']);
  });

  it('is refused when it is no such package, or none at all', async () => {
    const other = new FormData();
    other.append('content', new Blob([readFileSync(join(fixtures, left))]), left);
    expect(await call('PUT', patches, other)).toMatchObject({ status: 400, json: { code: 'patch_invalid' } });
    const broken = new FormData();
    broken.append('content', new Blob(['no archive']), 'a-1-0.conda');
    expect(await call('PUT', patches, broken)).toMatchObject({ status: 422, json: { code: 'archive_refused' } });
  });
});

describe('what is refused', () => {
  it.each([
    ['a key no patch may change', 'noarch', { packages: { 'a.tar.bz2': { sha256: 'x' } } }],
    ['another version', 'noarch', { patch_instructions_version: 3 }],
    ['another shape', 'noarch', { remove: 'a.conda' }],
    ['what is no subdir', 'linux_64', {}],
  ])('%s', async (_, subdir, body) => {
    const answer = await call('PUT', `${patches}/${subdir}`, body);
    expect([answer.status, answer.json.code]).toEqual([400, 'patch_invalid']);
  });

  it('what is not there', async () => {
    for (const [method, path] of [
      ['GET', `${patches}/noarch`],
      ['DELETE', `${patches}/noarch`],
      ['DELETE', patches],
    ] as const) {
      expect(await call(method, path)).toMatchObject({ status: 404, json: { code: 'patch_missing' } });
    }
  });

  it('whoever does not manage the channel', async () => {
    const stranger = await app.signIn(`stranger-${count}`);
    expect((await call('PUT', `${patches}/noarch`, {}, stranger)).status).toBe(403);
    expect((await call('GET', patches, undefined, stranger)).status).toBe(403);
    expect((await app.request('GET', patches)).status).toBe(401);
  });
});
