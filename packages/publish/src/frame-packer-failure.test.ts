import { Transform } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { openFramePacker } from './frame-packer.ts';

// A stream of zlib that finds no memory says so by an error, and never answers what it was given.
vi.mock('node:zlib', async (original) => ({
  ...(await original<object>()),
  createZstdCompress: () =>
    new Transform({
      transform() {
        setImmediate(() => this.destroy(new Error('no memory')));
      },
    }),
}));

test('whoever waits for a frame hears that its stream failed', async () => {
  const packer = openFramePacker();
  const packing = Array.from({ length: 9 }, () => packer.pack(Buffer.from('a shard')));
  const ended = await Promise.allSettled(packing);
  packer.close();
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['rejected']));
  expect(ended[0]).toMatchObject({ reason: { message: 'no memory' } });
});
