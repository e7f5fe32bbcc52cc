import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertBundle } from '@sluice/catalog';
import { type Manifest, tarEnd, tarHeader, tarPadding } from '@sluice/formats/bundle';
import { StorageError } from '@sluice/storage';
import { createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admitBundlePart, type BundlePartWork } from './bundle-part.ts';

let catalog: TestCatalog;
let folder: string;
let bundleId: string;
beforeEach(async () => {
  catalog = await createTestCatalog();
  folder = await mkdtemp(join(tmpdir(), 'part-'));
  bundleId = randomUUID();
  const row = { id: bundleId, direction: 'in', series: 's', serial: 1, base_serial: null, issuer: 'i' } as const;
  await insertBundle(catalog.db, { ...row, actor: 'admin', definition: {} }, catalog.now());
});
afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** So many blobs that they become durable in more than one batch; the last one is large. */
const blobs = [...Array(700).keys()].map((n) => Buffer.from(`blob ${n}`)).concat(Buffer.alloc(100_000, 7));
const bytesOfAll = blobs.reduce((sum, { length }) => sum + length, 0);

async function part(change: (body: Buffer) => void = () => {}) {
  const members = blobs.map((bytes) =>
    Buffer.concat([tarHeader(`blobs/${sha256(bytes)}`, bytes.length), bytes, new Uint8Array(tarPadding(bytes.length))]),
  );
  const body = Buffer.concat([...members, tarEnd]);
  const manifest = { part: 1, parts: 1, contents: '0'.repeat(64), body: sha256(body) } as Manifest;
  change(body);
  const path = join(folder, 'part');
  await writeFile(path, Buffer.concat([Buffer.alloc(1024), body]));
  return { bundleId, path, manifest };
}

async function take(file: Awaited<ReturnType<typeof part>>, work: Partial<BundlePartWork> = {}, deps = catalog) {
  const count = { read: 0, known: 0 };
  const isDone = await admitBundlePart(deps, file, {
    hasTime: () => true,
    onBytes(read, known) {
      count.read += read;
      count.known += known;
    },
    ...work,
  });
  return { isDone, ...count };
}

async function held(): Promise<number> {
  const rows = await catalog.db.selectFrom('bundle_blob').select('blob').where('bundle_id', '=', bundleId).execute();
  return rows.length;
}

it('takes a part in pieces, and reads nothing twice', async () => {
  const file = await part();
  const first = await take(file, { hasTime: () => false });
  expect(first.isDone).toBe(false);
  expect(await held()).toBe(500);
  const second = await take(file);
  expect(second.isDone).toBe(true);
  expect(await held()).toBe(701);
  expect(first.read + second.read).toBe(bytesOfAll);
  expect(second.known).toBe(first.read);
  expect(await take(file)).toEqual({ isDone: true, read: 0, known: bytesOfAll });
});

it('goes on behind what was stored when its doer had to leave, or the disk was full', async () => {
  const file = await part();
  let guards = 0;
  const gone = take(file, {
    guard: async () => {
      if (++guards === 2) throw new Error('gone');
    },
  });
  await expect(gone).rejects.toThrow('gone');
  expect(await held()).toBe(500);
  const full = new StorageError('disk_full', 'There is no room.');
  const storage = { ...catalog.storage, putPack: () => Promise.reject(full) };
  await expect(take(file, {}, { ...catalog, storage })).rejects.toMatchObject({ code: 'disk_full' });
  expect((await take(file)).read).toBe(bytesOfAll - blobs.slice(0, 500).reduce((sum, { length }) => sum + length, 0));
  expect(await held()).toBe(701);
});

it('stores nothing of a batch in which a byte is another, and leaves no temporary file', async () => {
  const file = await part((body) => {
    body[512]! ^= 1;
  });
  await expect(take(file)).rejects.toMatchObject({ code: 'bundle_tampered' });
  expect(await held()).toBe(0);
  // Blobs that are right before a wrong one may be held; nothing but the bundle knows of them.
  const later = await part((body) => {
    body[body.length - 3000]! ^= 1;
  });
  await expect(take(later)).rejects.toMatchObject({ code: 'bundle_tampered' });
  expect(await held()).toBe(500);
});
