import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blobRef, putBlob } from './blob-columns.ts';
import type { BlobStore } from './blob-store.ts';
import { putCompressed, readCompressed, readCompressedPieces } from './compressed-blob.ts';
import { openDiskStore } from './disk/open-disk-store.ts';

let root: string;
let store: BlobStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-compressed-'));
  store = await openDiskStore({ root, newId: randomUUID, now: Date.now });
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

test('reads back what was put, however large its chunks', async () => {
  const bytes = Buffer.alloc(3_000_000, 'abcdefg');
  const row = await putCompressed(store, { chunks: [bytes.subarray(0, 7), bytes.subarray(7)], bytes: bytes.length }, 3);
  expect(Buffer.compare(await readCompressed(store, blobRef(row), bytes.length), bytes)).toBe(0);
});

test('refuses what unpacks to another size', async () => {
  const bytes = Buffer.alloc(3_000_000, 'abcdefg');
  const row = await putCompressed(store, { chunks: [bytes], bytes: bytes.length }, 3);
  for (const size of [bytes.length - 1, bytes.length + 1, 10]) {
    await expect(readCompressed(store, blobRef(row), size)).rejects.toMatchObject({ code: 'blob_corrupt' });
  }
});

test('says of what does not unpack that it is damaged', async () => {
  const ref = blobRef(await putBlob(store, [Buffer.from('no frame at all')]));
  await expect(readCompressed(store, ref, 10)).rejects.toMatchObject({ code: 'blob_corrupt' });
  await expect(readCompressedPieces(store, ref).next()).rejects.toMatchObject({ code: 'blob_corrupt' });
  const missing = { ...ref, sha256: ref.sha256.replace(/./g, '0') as typeof ref.sha256 };
  await expect(readCompressedPieces(store, missing).next()).rejects.toMatchObject({ code: 'blob_missing' });
});

test('notices a single bit that is another one', async () => {
  const bytes = Buffer.from(Array.from({ length: 500 }, (_, i) => `record ${(i * 2654435761) % 1e9}`).join());
  const ref = blobRef(await putCompressed(store, { chunks: [bytes], bytes: bytes.length }, 1));
  const whole = Buffer.from(await store.read(ref));
  const path = join(root, store.pathOf(ref)!);
  for (let at = 9; at < whole.length; at += 37) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 4;
    await writeFile(path, damaged);
    await expect(readCompressed(store, ref, bytes.length)).rejects.toMatchObject({ code: 'blob_corrupt' });
    const goThrough = async () => {
      for await (const _ of readCompressedPieces(store, ref));
    };
    await expect(goThrough()).rejects.toMatchObject({ code: 'blob_corrupt' });
  }
});

test('fails with what its chunks failed with, also when the store was slow to begin', async () => {
  const slow = {
    ...store,
    receive: async () => {
      await sleep(50);
      return store.receive();
    },
  };
  // biome-ignore lint/correctness/useYield: it fails before.
  async function* failing(): AsyncGenerator<Uint8Array> {
    throw new Error('no more');
  }
  // A failure that nobody hears would end the process, and this test run with it.
  await expect(putCompressed(slow, { chunks: failing(), bytes: 10 }, 3)).rejects.toThrow('no more');
  expect(await store.sweepTemp(0, Date.now() + 60_000)).toEqual({ files: 0, bytes: 0 });
});

test('holds what it unpacked once, and nothing beside it', async () => {
  const bytes = Buffer.alloc(3_000_000, 'abcdefg');
  const row = await putCompressed(store, { chunks: [bytes], bytes: bytes.length }, 3);
  const read = await readCompressed(store, blobRef(row), bytes.length);
  expect(read.buffer.byteLength).toBeLessThan(bytes.length + 4096);
});

test('reads back nothing', async () => {
  const row = await putCompressed(store, { chunks: [], bytes: 0 }, 3);
  expect(await readCompressed(store, blobRef(row), 0)).toHaveLength(0);
});
