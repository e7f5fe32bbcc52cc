/** Less may be a part of memory that buffers share. */
const large_bytes = 1 << 17;

/**
 * Pieces that are read once: each is valid until the next is asked for, when its memory goes back. Left to the engine, it looks
 * through all it holds for every few of them.
 *
 * @param pieces nobody else has them, and they come one behind the other in the memory they lie in, as a codec of zlib gives them.
 */
export async function* lent(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece;
    const { buffer, byteOffset, byteLength } = piece;
    const isLast = byteOffset + byteLength === buffer.byteLength;
    if (isLast && byteLength > 0 && buffer.byteLength >= large_bytes) (buffer as ArrayBuffer).transfer(0);
  }
}
