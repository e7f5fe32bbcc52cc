import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeDeflate, decodeGzip } from './inflate.ts';

const plain = Buffer.alloc(300_000, 'sluice');
const packed = gzipSync(plain);

/** Lends one buffer again and again, as files do. */
async function* lent(bytes: Uint8Array, step = 1000): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(step);
  for (let at = 0; at < bytes.length; at += step) {
    const piece = bytes.subarray(at, at + step);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

describe('gzip', () => {
  test.each([1, 7, 1000, 1_000_000])('is decoded in pieces of %d', async (step) => {
    expect((await all(decodeGzip(lent(packed, step)))).equals(plain)).toBe(true);
  });

  test('may have several members', async () => {
    const twice = await all(decodeGzip(lent(Buffer.concat([packed, packed]), 13)));
    expect(twice.equals(Buffer.concat([plain, plain]))).toBe(true);
  });

  test.each([
    ['truncated', packed.subarray(0, -9)],
    ['truncated', Buffer.alloc(0)],
    ['corrupt', Buffer.from('<html>')],
    ['corrupt', Buffer.concat([packed, Buffer.from('more')])],
    ['corrupt', Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)])],
    ['trailing_garbage', Buffer.concat([packed, Buffer.alloc(600), Buffer.from('more')])],
  ])('%s', async (code, bytes) => {
    await expect(all(decodeGzip(lent(bytes)))).rejects.toMatchObject({ code });
  });

  test("passes the source's own errors on", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield packed.subarray(0, 100);
      throw new RangeError('gone');
    }
    await expect(all(decodeGzip(failing()))).rejects.toThrow(RangeError);
  });

  test('can be left early', async () => {
    for await (const _piece of decodeGzip(lent(packed))) break;
  });
});

test('deflate is decoded and ends where it ends', async () => {
  const bytes = deflateRawSync(plain);
  expect((await all(decodeDeflate(lent(bytes)))).equals(plain)).toBe(true);
  await expect(all(decodeDeflate(lent(Buffer.concat([bytes, Buffer.from('x')]))))).rejects.toMatchObject({
    code: 'trailing_garbage',
  });
});
