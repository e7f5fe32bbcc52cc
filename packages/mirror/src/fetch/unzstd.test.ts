import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksLikeZstd, unzstd } from './unzstd.ts';

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decompress(bytes: Uint8Array, size = 64 * 1024): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of unzstd(cut(bytes, size))) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

const noise = randomBytes(400_000);
const plain = Buffer.alloc(500_000, 'abcd');
const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

describe('unzstd', () => {
  test('gives the memory of a piece back when the next is asked for', async () => {
    const seen: Uint8Array[] = [];
    for await (const part of unzstd(cut(zstdCompressSync(plain), 5000))) {
      expect(seen.every(({ byteLength }) => byteLength === 0)).toBe(true);
      if (part.buffer.byteLength >= 1 << 17 && part.byteLength === part.buffer.byteLength) seen.push(part);
    }
    expect(seen.length).toBeGreaterThan(2);
  });

  test.each([
    ['one frame', zstdCompressSync(plain), plain],
    ['incompressible', zstdCompressSync(noise), noise],
    ['with a checksum', zstdCompressSync(plain, checksum), plain],
    ['an empty frame', zstdCompressSync(Buffer.alloc(0)), Buffer.alloc(0)],
    [
      'two frames',
      Buffer.concat([zstdCompressSync(plain, checksum), zstdCompressSync(noise)]),
      Buffer.concat([plain, noise]),
    ],
    ['skippable frames', Buffer.concat([skippable, zstdCompressSync(plain), skippable]), plain],
    ['nothing at all', Buffer.alloc(0), Buffer.alloc(0)],
  ])('%s', async (_, compressed, expected) => {
    for (const size of [64 * 1024, 4093]) expect((await decompress(compressed, size)).equals(expected)).toBe(true);
  });

  test('any frames, cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 50 }),
        async (frames, size) => {
          const compressed = Buffer.concat(frames.map((bytes) => zstdCompressSync(bytes, size % 2 ? checksum : {})));
          expect((await decompress(compressed, size)).equals(Buffer.concat(frames))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each([
    ['HTML', Buffer.from('<html>no</html>'), 'upstream_malformed'],
    [
      'something after the frame',
      Buffer.concat([zstdCompressSync(plain), Buffer.from('garbage')]),
      'upstream_malformed',
    ],
    ['a wrong checksum', flipped(zstdCompressSync(plain, checksum)), 'upstream_malformed'],
    ['a cut frame', zstdCompressSync(noise).subarray(0, 300_000), 'upstream_unavailable'],
    ['a cut header', zstdCompressSync(noise).subarray(0, 5), 'upstream_unavailable'],
    [
      'a cut second frame',
      Buffer.concat([zstdCompressSync(plain), zstdCompressSync(noise).subarray(0, 50)]),
      'upstream_unavailable',
    ],
  ])('%s is refused', async (_, bytes, code) => {
    await expect(decompress(bytes)).rejects.toMatchObject({ code });
  });

  test('the error of the source comes through', async () => {
    const boom = new Error('boom');
    async function* failing() {
      yield zstdCompressSync(noise).subarray(0, 1000);
      throw boom;
    }
    await expect(async () => {
      for await (const _ of unzstd(failing()));
    }).rejects.toBe(boom);
  });

  test('beginnings', () => {
    expect(looksLikeZstd(zstdCompressSync(plain).subarray(0, 4))).toBe(true);
    expect(looksLikeZstd(skippable)).toBe(true);
    expect(looksLikeZstd(Buffer.from('<htm'))).toBe(false);
    expect(looksLikeZstd(Buffer.from([0x28, 0xb5]))).toBe(false);
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1]! ^= 1;
  return copy;
}
