import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FramePacker, openFramePacker } from './frame-packer.ts';
import { oneFrame } from './one-frame.ts';

let packer: FramePacker;
beforeEach(() => {
  packer = openFramePacker();
});
afterEach(() => packer.close());

/** Half of it can be compressed. */
function bytesOf(length: number): Buffer {
  return Buffer.concat([randomBytes(length >> 1), Buffer.alloc(length - (length >> 1), 'some text, ')]);
}

describe('a frame is, to the byte, the one that is made alone', () => {
  test('whatever was packed before it, and beside it', async () => {
    const all = Array.from({ length: 400 }, (_, i) => bytesOf((i * 7919) % 9000));
    const frames = await Promise.all(all.map((bytes) => packer.pack(bytes)));
    for (const [i, frame] of frames.entries()) expect(frame.equals(oneFrame(all[i]!))).toBe(true);
  });

  test.each([0, 1, 1 << 16, (1 << 17) - 1, 1 << 17, (1 << 17) + 1, 1 << 20])('%i bytes', async (length) => {
    const bytes = bytesOf(length);
    for (let time = 0; time < 3; time++) expect((await packer.pack(bytes)).equals(oneFrame(bytes))).toBe(true);
  });

  test('also where it fills the room to its last byte, or goes beyond', async () => {
    // Noise becomes longer by a header of the same size: four streams take turns, and each shares 256 KiB.
    const header = oneFrame(randomBytes(60_000)).length - 60_000;
    const last = (1 << 18) - 4 * (60_000 + header) - header;
    for (const length of [last - 1, last, last + 1]) {
      const own = openFramePacker();
      const all = [60_000, 60_000, 60_000, 60_000, length, 60_000].flatMap((one) =>
        Array.from({ length: 4 }, () => randomBytes(one)),
      );
      const frames = await Promise.all(all.map((bytes) => own.pack(bytes)));
      own.close();
      for (const [i, frame] of frames.entries()) expect(frame.equals(oneFrame(all[i]!))).toBe(true);
    }
  });
});

test('a frame keeps no more memory than it takes', async () => {
  const frame = await packer.pack(randomBytes(17_000));
  expect(frame.buffer.byteLength).toBeLessThanOrEqual(Math.max(frame.length, Buffer.poolSize));
});

test('what is not done when the packer is closed fails', async () => {
  const packing = Array.from({ length: 20 }, () => packer.pack(randomBytes(100_000)));
  packer.close();
  const ended = await Promise.allSettled(packing);
  expect(ended.map(({ status }) => status)).toContain('rejected');
});
