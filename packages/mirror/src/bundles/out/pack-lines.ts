import { constants, createZstdCompress } from 'node:zlib';
import { throughCodec } from '../through-codec.ts';

/** How hard lines are packed that are carried, and those that only stay here for the next delta. */
export const carriedLevel = 3;
export const keptLevel = 1;

/** Bytes of lines that go through at once; more may wait, so that they are packed while the next are written. */
const chunkBytes = 1 << 18;
const waiting = { chunkSize: chunkBytes, writableHighWaterMark: chunkBytes * 4 };

/** Lines as a text, each ended by a line break, in pieces of a good size. */
export async function* textOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let held = '';
  for await (const line of lines) {
    held += `${line}\n`;
    if (held.length < chunkBytes) continue;
    yield Buffer.from(held);
    held = '';
  }
  if (held.length > 0) yield Buffer.from(held);
}

/** The same bytes, small pieces put together: each that goes through costs more than copying it. Their memory may be used again. */
export async function* inLargePieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = Buffer.allocUnsafeSlow(chunkBytes);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const some = piece.subarray(at, at + chunkBytes - filled);
      held.set(some, filled);
      at += some.length;
      filled += some.length;
      if (filled < chunkBytes) continue;
      yield held;
      held = Buffer.allocUnsafeSlow(chunkBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield held.subarray(0, filled);
}

/** A text, packed, as {@link throughCodec} does it. */
export async function* packed(text: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  yield* throughCodec(text, createZstdCompress({ ...waiting, params }));
}
