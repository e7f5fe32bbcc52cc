import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeDeflate, decodeGzip } from './decode-deflate.ts';

/** The bytes in pieces of one buffer that is overwritten for each, as a file is read. */
async function* lent(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const into = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    into.set(piece);
    yield into.subarray(0, piece.length);
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(Uint8Array.from(piece));
  return Buffer.concat(parts);
}

const text = Buffer.from('what is packed comes out again, '.repeat(10_000));

test('what was packed comes out, whatever the pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: 1, max: 700 }), async (bytes, size) => {
      expect(await collect(decodeGzip(lent(gzipSync(bytes), size)))).toEqual(Buffer.from(bytes));
      expect(await collect(decodeDeflate(lent(deflateRawSync(bytes), size), 'a'))).toEqual(Buffer.from(bytes));
    }),
    { numRuns: 30 },
  );
});

test('gzip may have several members', async () => {
  const two = Buffer.concat([gzipSync(text), gzipSync('and more')]);
  expect((await collect(decodeGzip(lent(two, 1000)))).toString()).toBe(`${text}and more`);
});

describe('refuses', () => {
  const gzip = gzipSync(text);
  const raw = deflateRawSync(text);
  const damaged = Buffer.from(gzip);
  damaged[gzip.length - 8]! ^= 1;

  test.each([
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['a web page', Buffer.from('<html></html>'), 'not_an_archive'],
    ['a cut file', gzip.subarray(0, -4), 'truncated'],
    ['a wrong checksum', damaged, 'corrupt'],
    ['bytes after the end', Buffer.concat([gzip, Buffer.from('more')]), 'corrupt'],
    ['zeros after the end', Buffer.concat([gzip, Buffer.alloc(10)]), 'trailing_garbage'],
  ])('of gzip %s', async (_, bytes, code) => {
    await expect(collect(decodeGzip(lent(bytes, 512)))).rejects.toMatchObject({ code });
  });

  test.each([
    ['a cut member', raw.subarray(0, -4), 'truncated'],
    ['damage', Buffer.alloc(100, 0xff), 'corrupt'],
    ['bytes after the end', Buffer.concat([raw, Buffer.from('more')]), 'trailing_garbage'],
  ])('of deflate %s', async (_, bytes, code) => {
    await expect(collect(decodeDeflate(lent(bytes, 512), 'a.py'))).rejects.toMatchObject({ code, entry: 'a.py' });
  });

  test('and hands on what the source throws', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzip.subarray(0, 50);
      throw new RangeError('of the source');
    }
    await expect(collect(decodeGzip(failing()))).rejects.toThrow('of the source');
  });
});
