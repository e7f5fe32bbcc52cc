import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { expect, test } from 'vitest';
import { lent } from './lent.ts';
import { through } from './through.ts';

test('gives the memory of a piece back when the next is asked for, not before the last piece in it', async () => {
  const content = Buffer.alloc(1_000_000, 'abcdefg');
  const pack = () => through([content], createZstdCompress(), content.length);
  const seen: Uint8Array[] = [];
  let read = 0;
  const inPieces = { readableObjectMode: true, readableHighWaterMark: 2 };
  const unpack = createZstdDecompress({ ...inPieces, chunkSize: 1 << 18 });
  for await (const piece of lent(through(pack(), unpack, content.length))) {
    expect(Buffer.compare(piece, content.subarray(read, read + piece.length))).toBe(0);
    read += piece.length;
    seen.push(piece);
  }
  expect(read).toBe(content.length);
  const kept = seen.filter(({ byteLength }) => byteLength > 0);
  // The last one has room behind it.
  expect(seen.length).toBeGreaterThan(3);
  expect(kept.every(({ buffer }) => buffer === seen.at(-1)!.buffer)).toBe(true);
});

test('leaves memory alone that others may have', async () => {
  async function* small() {
    for (let i = 0; i < 3; i++) yield Buffer.from('a few bytes');
  }
  const seen: Uint8Array[] = [];
  for await (const piece of lent(small())) seen.push(piece);
  expect(seen.map(String)).toEqual(['a few bytes', 'a few bytes', 'a few bytes']);
});
