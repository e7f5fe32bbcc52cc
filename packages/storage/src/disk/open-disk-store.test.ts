import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlobRef, BlobStore, StoredObject } from '../blob-store.ts';
import { describeBlobStore } from '../contract.test-suite.ts';
import { openDiskStore } from './open-disk-store.ts';

const openAt = (root: string, now = Date.now) => openDiskStore({ root, newId: randomUUID, now });

describeBlobStore('disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
  const store = await openAt(root);
  return {
    store,
    async dispose() {
      await store.close();
      await rm(root, { recursive: true });
    },
  };
});

describe('disk store', () => {
  let root: string;
  let store: BlobStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
    store = await openAt(root);
  });
  afterEach(async () => {
    await store.close();
    await rm(root, { recursive: true });
  });

  async function put(text: string): Promise<BlobRef> {
    const receiving = await store.receive();
    await receiving.write(Buffer.from(text));
    await receiving.finish();
    receiving.verified();
    return receiving.commit();
  }

  test('a blob lies under the first two digits of its digest', async () => {
    const { sha256 } = await put('where am I');
    expect(await readFile(join(root, 'blobs', sha256.slice(0, 2), sha256), 'utf8')).toBe('where am I');
    expect(store.pathOf({ sha256, size: 10 })).toBe(`blobs/${sha256.slice(0, 2)}/${sha256}`);
    expect(store.pathOf({ sha256, size: 10, pack: { id: 'p', offset: 0 } })).toBeUndefined();
  });

  test('nothing unverified ever has a name among the blobs', async () => {
    const receiving = await store.receive();
    await receiving.write(Buffer.from('half'));
    await receiving.finish();
    const everything = await readdir(join(root, 'blobs'), { recursive: true, withFileTypes: true });
    expect(everything.filter((entry) => entry.isFile())).toEqual([]);
    await receiving.discard();
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  test('what a killed process left is swept by the next one, by age', async () => {
    const receiving = await store.receive();
    await receiving.write(Buffer.from('cut by kill -9'));
    const next = await openAt(root);
    const now = Date.now();
    await utimes(receiving.path, now / 1000, now / 1000 - 3600);
    await writeFile(join(root, 'tmp', 'young'), 'another node is writing this');
    expect(await next.sweepTemp(3_600_001, now)).toEqual({ files: 0, bytes: 0 });
    expect(await next.sweepTemp(1_800_000, now)).toEqual({ files: 1, bytes: 14 });
    expect(await readdir(join(root, 'tmp'))).toEqual(['young']);
    await receiving.discard();
    await next.close();
  });

  test.each(['wh', 'wrong'])(
    'a blob that is damaged on the disk is replaced when it is received again: %s',
    async (now) => {
      const ref = await put('whole');
      await writeFile(join(root, 'blobs', ref.sha256.slice(0, 2), ref.sha256), now);
      await put('whole');
      expect(Buffer.from(await store.read(ref)).toString()).toBe('whole');
      expect(await readdir(join(root, 'tmp'))).toEqual([]);
    },
  );

  test('a batch of which only some could be put in their places can be committed again', async () => {
    const receivings = await Promise.all(
      ['one', 'two'].map(async (text) => {
        const receiving = await store.receive();
        await receiving.write(Buffer.from(text));
        return receiving;
      }),
    );
    const [one, two] = await Promise.all(receivings.map((receiving) => receiving.finish()));
    for (const receiving of receivings) receiving.verified();
    const folder = join(root, 'blobs', two!.sha256.slice(0, 2));
    await rename(folder, `${folder}-away`);
    await expect(store.commitMany(receivings)).rejects.toThrow();
    await rename(`${folder}-away`, folder);
    expect(await store.commitMany(receivings)).toEqual([one, two]);
    expect(await Promise.all([one, two].map(async (ref) => String(await store.read(ref!))))).toEqual(['one', 'two']);
  });

  test('receiving again renews the time', async () => {
    let now = 1_700_000_000_000;
    const clocked = await openAt(root, () => now);
    const take = async () => {
      const receiving = await clocked.receive();
      await receiving.write(Buffer.from('twice'));
      await receiving.finish();
      receiving.verified();
      const { sha256 } = await receiving.commit();
      return (await stat(join(root, 'blobs', sha256.slice(0, 2), sha256))).mtimeMs;
    };
    expect(await take()).toBe(1_700_000_000_000);
    now += 5000;
    expect(await take()).toBe(1_700_000_005_000);
    await clocked.close();
  });

  test('the listing passes over strangers and says when each blob came', async () => {
    const ref = await put('listed');
    await writeFile(join(root, 'blobs', 'ab', 'README'), 'stranger');
    await writeFile(join(root, 'packs', 'note.txt'), 'stranger');
    const objects: StoredObject[] = [];
    for await (const object of store.list()) objects.push(object);
    expect(objects).toMatchObject([{ kind: 'blob', sha256: ref.sha256, size: 6 }]);
    expect(Math.abs(objects[0]!.modified - Date.now())).toBeLessThan(60_000);
  });

  test('a receiving of another store is refused', async () => {
    const other = await openAt(root);
    const receiving = await other.receive();
    await receiving.finish();
    receiving.verified();
    await expect(store.commitMany([receiving])).rejects.toMatchObject({ code: 'receive_state' });
    await receiving.discard();
    await other.close();
  });

  test('two stores that receive the same bytes at once end with one blob', async () => {
    const other = await openAt(root);
    const receivings = await Promise.all([store, other, store, other].map((each) => each.receive()));
    const refs = await Promise.all(
      receivings.map(async (receiving) => {
        await receiving.write(Buffer.from('contended'));
        await receiving.finish();
        receiving.verified();
        return receiving.commit();
      }),
    );
    expect(new Set(refs.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(Buffer.from(await store.read(refs[0]!)).toString()).toBe('contended');
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
    await other.close();
  });
});
