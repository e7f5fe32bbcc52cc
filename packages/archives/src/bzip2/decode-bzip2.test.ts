import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeBzip2 } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBzip2 } from './decode-bzip2.ts';

async function* pieces(bytes: Uint8Array, size = 4096): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decode(bytes: Uint8Array, size?: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of decodeBzip2(pieces(bytes, size))) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

const hello = encodeBzip2(Buffer.from('hello, hello'));

describe('decodeBzip2', () => {
  test('what was encoded comes back, in whatever pieces it arrives', async () => {
    const text = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 900 })), { maxLength: 20 })
        .map((runs) => Buffer.concat(runs.map(([byte, length]) => Buffer.alloc(length, byte)))),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 200 }), async (bytes, size) => {
        expect(Buffer.compare(await decode(encodeBzip2(bytes), size), bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('several blocks, and runs longer than one piece handed out', async () => {
    const bytes = Buffer.concat([Buffer.alloc(700_000, 7), Buffer.from('end')]);
    expect(Buffer.compare(await decode(encodeBzip2(bytes)), bytes)).toBe(0);
  });

  test('what bzip2 itself encoded, long codes and all', async () => {
    const file = join(import.meta.dirname, '../../../testkit/fixtures/conda/osx-64/mock-2.0.0-py37_1000.tar.bz2');
    // Every block and the whole carry checksums, so coming to the end is the proof.
    expect((await decode(readFileSync(file))).length).toBe(563_200);
  });

  test('several streams are one text', async () => {
    const streams = Buffer.concat([hello, encodeBzip2(new Uint8Array(0)), hello]);
    expect((await decode(streams, 5)).toString()).toBe('hello, hellohello, hello');
  });

  test.each([
    ['an empty file', Buffer.alloc(0), 'not_an_archive'],
    ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), 'not_an_archive'],
    ['a block size of 0', Buffer.from('BZh0 and so on'), 'corrupt'],
    ['neither a block nor the end', Buffer.from('BZh9 and so on'), 'corrupt'],
    ['garbage behind', Buffer.concat([hello, Buffer.from('garbage')]), 'trailing_garbage'],
    ['one byte behind', Buffer.concat([hello, Buffer.from([0])]), 'trailing_garbage'],
  ])('%s is refused', async (_, bytes, code) => {
    await expect(decode(bytes)).rejects.toMatchObject({ name: 'ArchiveError', code });
  });

  test('cut anywhere it is refused', async () => {
    for (let length = 0; length < hello.length; length++) {
      const code = length < 4 ? 'not_an_archive' : 'truncated';
      await expect(decode(hello.subarray(0, length)), `cut at ${length}`).rejects.toMatchObject({ code });
    }
  });

  test('any flipped bit is noticed', async () => {
    const text = Buffer.from('the quick brown fox jumps over the lazy dog');
    const encoded = encodeBzip2(text);
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const damaged = Buffer.from(encoded);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const outcome = await decode(damaged).catch((error: unknown) => error);
      // Some bits do not matter: those after the last code, and a larger block size.
      if (outcome instanceof Buffer) expect(outcome.equals(text), `bit ${bit}`).toBe(true);
      else expect(outcome).toHaveProperty('name', 'ArchiveError');
    }
  });
});
