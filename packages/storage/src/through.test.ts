import { setTimeout as sleep } from 'node:timers/promises';
import { createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { through } from './through.ts';

const magic = Buffer.from('28b52ffd', 'hex');

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** So many different bytes, which hardly pack. */
const mixed = (bytes: number) => Buffer.from(Uint32Array.from({ length: bytes / 4 }, (_, i) => i * 2654435761).buffer);

test.each([0, 1000, 2_500_000])(
  '%i bytes become one frame, the same however they come and whenever they end',
  async (bytes) => {
    const content = mixed(bytes);
    async function* cut(size: number, pause_ms: number) {
      for (let at = 0; at < bytes; at += size) yield content.subarray(at, at + size);
      await sleep(pause_ms);
    }
    const [one, other] = await Promise.all([
      whole(through([content], createZstdCompress({ pledgedSrcSize: bytes }), bytes)),
      whole(through(cut(70_001, 50), createZstdCompress({ pledgedSrcSize: bytes }), bytes)),
    ]);
    expect(one.equals(other)).toBe(true);
    expect(zstdDecompressSync(one).equals(content)).toBe(true);
    expect(one.lastIndexOf(magic)).toBe(0);
  },
);

test('a chunk is done with when the next is asked for', async () => {
  const content = mixed(4_000_000);
  async function* again() {
    const memory = new Uint8Array(300_000);
    for (let at = 0; at < content.length; at += memory.length) {
      const chunk = memory.subarray(0, content.length - at);
      chunk.set(content.subarray(at, at + chunk.length));
      yield chunk;
      chunk.fill(0);
    }
  }
  expect(zstdDecompressSync(await whole(through(again(), createZstdCompress(), content.length))).equals(content)).toBe(
    true,
  );
});

test('lets go of its chunks when its reader leaves', async () => {
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) yield mixed(1 << 20);
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of through(endless(), createZstdCompress(), 1 << 30)) break;
  await expect.poll(() => isClosed).toBe(true);
});

test('tells its reader of bytes that are no frame, and of chunks that fail', async () => {
  const bytes = Buffer.alloc(3 << 20, 'no frame');
  await expect(whole(through([bytes], createZstdDecompress(), bytes.length))).rejects.toMatchObject({
    code: expect.stringMatching(/^ZSTD_/),
  });
  async function* failing() {
    yield zstdCompressSync(bytes).subarray(0, 10);
    throw new Error('no more');
  }
  await expect(whole(through(failing(), createZstdDecompress(), 10))).rejects.toThrow('no more');
});

test('fails unheard where nobody reads', async () => {
  const codec = through([Buffer.from('no frame')], createZstdDecompress(), 8);
  await expect.poll(() => codec.errored).toBeTruthy();
});
