import { createHash, randomBytes } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Frames, framesHere } from './frames.ts';
import { framesOnThread } from './frames-on-thread.ts';
import { oneFrame } from './one-frame.ts';
import { createRooms, eachOf, gathering, type Together } from './together.ts';

const opened: Frames[] = [];
afterEach(async () => {
  for (const frames of opened.splice(0)) await frames.close();
});

function open(make: () => Frames): Frames {
  const frames = make();
  opened.push(frames);
  return frames;
}

function gathered(frames: Frames, things: readonly Uint8Array[]): Together {
  const all = gathering(frames.rooms.take());
  for (const thing of things) all.add(thing);
  return all.all();
}

/** Copied, since rooms are used again. */
const copiesOf = (things: Together) => Array.from(eachOf(things), (thing) => Buffer.from(thing));

const content = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.constantFrom(1, 50, 9000))
  .map(([bytes, times]) => Buffer.concat(Array(times).fill(bytes)));

describe.each([
  ['here', framesHere],
  ['on a thread', framesOnThread],
])('%s', (_, make) => {
  it('packs each thing as the frame that is made alone, and opens it again', async () => {
    const frames = open(make);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(content, { maxLength: 8 }), { maxLength: 4 }), async (batches) => {
        const all = await Promise.all(
          batches.map(async (things) => {
            const packed = await frames.pack(gathered(frames, things));
            const plain = await frames.open({ ...packed, bytes: shared(packed.bytes) });
            const copies = copiesOf(plain);
            frames.rooms.giveBack(plain.bytes);
            return { things, packed, copies };
          }),
        );
        for (const { things, packed, copies } of all) {
          expect(copies.map((copy, i) => copy.equals(things[i]!))).toEqual(things.map(() => true));
          const each = copiesOf(packed);
          expect(each.map((frame, i) => frame.equals(oneFrame(things[i]!)))).toEqual(things.map(() => true));
          expect(Buffer.from(packed.digests)).toEqual(Buffer.concat(each.map(sha256)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('opens the others where one is no frame, is cut or is gone', async () => {
    const frames = open(make);
    const [good, other] = [zstdCompressSync(randomBytes(5000)), zstdCompressSync(Buffer.from('other'))];
    const given = [good, Buffer.from('no frame at all'), good.subarray(0, -1), new Uint8Array(), other];
    const all = copiesOf(await frames.open(sharedOf(gathered(frames, given))));
    expect(all.map(({ length }) => length)).toEqual([5000, 0, 0, 0, 5]);
    expect(all[0]!.equals(zstdDecompressSync(good))).toBe(true);
  });

  it.each([1, (1 << 17) - 1, 1 << 17, (1 << 17) + 1, 3 << 20])('packs noise of %i bytes', async (length) => {
    const frames = open(make);
    const things = [randomBytes(length), Buffer.from('text'), randomBytes(length)];
    const packed = copiesOf(await frames.pack(gathered(frames, things)));
    for (const [i, frame] of packed.entries()) expect(frame.equals(oneFrame(things[i]!))).toBe(true);
  });
});

it('a thread that is closed fails what is under way, and what comes later', async () => {
  const frames = framesOnThread();
  const packing = frames.pack(gathered(frames, [randomBytes(1 << 20)]));
  const closing = frames.close();
  await expect(packing).rejects.toThrow('ended');
  await closing;
  await expect(frames.pack(gathered(frames, [randomBytes(9)]))).rejects.toThrow('ended');
});

it('what is gathered keeps its bytes as the room grows', () => {
  const things = [3, 1 << 19, 1 << 20, 0, 5].map((length) => randomBytes(length));
  const all = gathering(createRooms().take());
  for (const thing of things) all.add(thing);
  expect(copiesOf(all.all()).map((copy, i) => copy.equals(things[i]!))).toEqual(things.map(() => true));
});

it('a room that was given back is taken again', () => {
  const rooms = createRooms();
  const room = rooms.take();
  rooms.giveBack(room.subarray(3, 9));
  expect(rooms.take().buffer).toBe(room.buffer);
  expect(rooms.take().buffer).not.toBe(room.buffer);
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return copy;
}

const sharedOf = ({ bytes, ends }: Together): Together => ({ bytes: shared(bytes), ends });
