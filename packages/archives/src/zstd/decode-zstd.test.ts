import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeZstd } from './decode-zstd.ts';

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decode(bytes: Uint8Array, size = 1000): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of decodeZstd(pieces(bytes, size))) parts.push(part);
  return Buffer.concat(parts);
}

const noise = randomBytes(3000);
const frame = zstdCompressSync(noise);
const checked = zstdCompressSync('checked '.repeat(100), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('xyz')]);

describe('decodeZstd', () => {
  test('any frames in any pieces come back whole', async () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.nat(300_000).map((length) => Buffer.alloc(length, 9)),
    );
    const frames = fc.array(fc.record({ part, checksum: fc.boolean(), skip: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 3000 }), async (list, size) => {
        const encoded = list.flatMap(({ part, checksum, skip }) => [
          zstdCompressSync(part, { params: { [constants.ZSTD_c_checksumFlag]: Number(checksum) } }),
          ...(skip ? [skippable] : []),
        ]);
        const wanted = Buffer.concat(list.map(({ part }) => part));
        expect(Buffer.compare(await decode(Buffer.concat(encoded), size), wanted)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('the largest window that build tools use is accepted', async () => {
    const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 };
    expect((await decode(zstdCompressSync('wide', { params }))).toString()).toBe('wide');
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'not_an_archive'],
    ['a web page', Buffer.from('<html></html>'), 'not_an_archive'],
    ['garbage behind', Buffer.concat([frame, Buffer.from('garbage')]), 'trailing_garbage'],
    ['a part of a second frame', Buffer.concat([frame, checked.subarray(0, 20)]), 'truncated'],
    ['a window of 2 GiB', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0]), 'too_large'],
    ['one segment of 1 GiB', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40, 1, 0, 0]), 'too_large'],
    ['a dictionary', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x21, 1, 1, 0, 0]), 'corrupt'],
    ['a block of the reserved kind', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 7, 0, 0]), 'corrupt'],
  ])('%s is refused', async (_, bytes, code) => {
    for (const size of [1, 7, 1000]) {
      await expect(decode(bytes, size)).rejects.toMatchObject({ name: 'ArchiveError', code });
    }
  });

  test('cut anywhere it is refused', async () => {
    for (let length = 4; length < checked.length; length++) {
      await expect(decode(checked.subarray(0, length)), `cut at ${length}`).rejects.toMatchObject({
        code: 'truncated',
      });
    }
  });

  test('a changed byte is noticed where there is a checksum', async () => {
    const damaged = Buffer.from(checked);
    damaged[checked.length - 1]! ^= 1;
    await expect(decode(damaged)).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('an error of the source stays itself', async () => {
    const cut = new Error('disk on fire');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield frame.subarray(0, 10);
      throw cut;
    }
    await expect(decodeZstd(failing()).next()).rejects.toBe(cut);
  });
});
