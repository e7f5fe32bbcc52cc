import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openFrameOpener } from './frame-opener.ts';

const content = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 50, 9000))
  .map(([bytes, times]) => Buffer.concat(Array(times).fill(bytes)));

it('opens many frames at once, also large ones', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(content, { maxLength: 20 }), async (contents) => {
      const opener = openFrameOpener();
      try {
        const opened = await Promise.all(contents.map((bytes) => opener.open(zstdCompressSync(bytes))));
        expect(opened.map((bytes, i) => Buffer.compare(bytes, contents[i]!))).toEqual(contents.map(() => 0));
      } finally {
        opener.close();
      }
    }),
    { numRuns: 30 },
  );
});

it('fails on what is no frame, and for whoever asks on', async () => {
  const opener = openFrameOpener();
  const frame = zstdCompressSync(Buffer.from('x'));
  await expect(opener.open(Buffer.from('no frame at all'))).rejects.toThrow();
  await opener.open(frame);
  await expect(opener.open(frame)).rejects.toThrow();
  opener.close();
});

it('fails when it is closed meanwhile', async () => {
  const opener = openFrameOpener();
  const opening = opener.open(zstdCompressSync(Buffer.alloc(1 << 22)));
  opener.close();
  await expect(opening).rejects.toThrow();
});
