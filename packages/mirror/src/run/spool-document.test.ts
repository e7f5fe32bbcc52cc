import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MirrorDeps } from '../deps.ts';
import type { OpenDocument } from '../upstreams/conda/document.ts';
import { spoolDocument } from './spool-document.ts';

/** A store of one file. `failsAt`: the write that does not come to its end. */
function store(failsAt = Number.POSITIVE_INFINITY) {
  const written: Buffer[] = [];
  let writing = false;
  let discarded = false;
  const bytes = () => Buffer.concat(written);
  const receiving = {
    path: 'temporary',
    async write(chunk: Uint8Array) {
      if (writing || discarded) throw new Error('One write at a time, and none behind the end.');
      writing = true;
      const before = Buffer.from(chunk);
      await setImmediate();
      await setImmediate();
      writing = false;
      if (written.length === failsAt) throw new Error('The disk is full.');
      if (!before.equals(chunk)) throw new Error('The bytes changed while they were written.');
      written.push(before);
    },
    finish: async () => ({ sha256: createHash('sha256').update(bytes()).digest('hex'), size: bytes().length }),
    async discard() {
      if (writing) throw new Error('Discarded while it was written.');
      discarded = true;
    },
  };
  const storage = { receive: async () => receiving } as unknown as MirrorDeps['storage'];
  return { storage, bytes, isDiscarded: () => discarded };
}

function arriving(chunks: readonly Uint8Array[], end?: Error): OpenDocument {
  async function* bytes() {
    for (const chunk of chunks) {
      await Promise.resolve();
      yield chunk;
    }
    if (end) throw end;
  }
  return { encoding: 'zst', bytes: bytes(), finish: () => ({ document_url: 'there' }) } as unknown as OpenDocument;
}

const running = new AbortController().signal;

test('what arrives is written as it came, in whatever pieces', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.integer({ min: 2 ** 20 - 2, max: 2 ** 20 + 2 }), fc.nat(3_000_000)), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(sizes, async (list) => {
      const chunks = list.map((size, at) => Buffer.alloc(size, `${at}-abcdefg`));
      const { storage, bytes, isDiscarded } = store();
      let told = 0;
      const document = await spoolDocument(storage, arriving(chunks), running, () => {
        told++;
      });
      const all = Buffer.concat(chunks);
      expect(bytes().equals(all)).toBe(true);
      expect(told).toBe(chunks.length);
      const digest = createHash('sha256').update(all).digest();
      expect(document.isSameAs(digest)).toBe(true);
      expect(document.isSameAs(null)).toBe(false);
      expect(document.finish().document_sha256).toEqual(Uint8Array.from(digest));
      expect(document.expected).toBe(Math.ceil(all.length / 64));
      await document.discard();
      expect(isDiscarded()).toBe(true);
    }),
    { numRuns: 15 },
  );
});

const megabytes = Array.from({ length: 5 }, (_, at) => Buffer.alloc(700_000, `${at}`));

test('a document that breaks off is discarded when what came of it is written', async () => {
  const { storage, isDiscarded } = store();
  const broken = new Error('cut');
  await expect(spoolDocument(storage, arriving(megabytes, broken), running, () => {})).rejects.toBe(broken);
  expect(isDiscarded()).toBe(true);
});

test.each([0, 1, 3])('a disk that fails at write %d is told of', async (failsAt) => {
  const { storage, isDiscarded } = store(failsAt);
  await expect(spoolDocument(storage, arriving(megabytes), running, () => {})).rejects.toThrow('The disk is full.');
  expect(isDiscarded()).toBe(true);
});

test('a run that must end stops it', async () => {
  const { storage, isDiscarded } = store();
  const stopping = new AbortController();
  const told = () => stopping.abort(new Error('stopped'));
  await expect(spoolDocument(storage, arriving(megabytes), stopping.signal, told)).rejects.toThrow('stopped');
  expect(isDiscarded()).toBe(true);
});
