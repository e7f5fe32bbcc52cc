import { randomBytes } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { oneFrame } from './one-frame.ts';

const noise = randomBytes(17_000);
/** How much longer bytes become that cannot be compressed: a header, nothing else. */
const added = (compress: (bytes: Buffer) => Uint8Array, bytes: number) =>
  compress(noise.subarray(0, bytes)).length - bytes;
const lengths = Array.from({ length: 100 }, (_, i) => 16_300 + i);

test('it is one frame, however long it becomes', () => {
  expect(new Set(lengths.map((bytes) => added(oneFrame, bytes))).size).toBe(1);
  // What this is about: one of these lengths fills the room of 16 KiB that zlib usually has.
  expect(new Set(lengths.map((bytes) => added(zstdCompressSync, bytes))).size).toBe(2);
});

test.each([0, 1, 1000, 17_000])('%i bytes come back, and the frame keeps no more memory than it takes', (bytes) => {
  const packed = oneFrame(noise.subarray(0, bytes));
  expect(zstdDecompressSync(packed).equals(noise.subarray(0, bytes))).toBe(true);
  expect(packed.buffer.byteLength).toBeLessThanOrEqual(Math.max(packed.length, Buffer.poolSize));
});
