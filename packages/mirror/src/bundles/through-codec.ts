import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Bytes, packed or unpacked. Nothing of them begins before somebody reads: who never does leaves nothing open. Their reader is told
 * of all that fails, and may stop at any time; then the bytes are given up, too.
 */
export async function* throughCodec(bytes: AsyncIterable<Uint8Array>, codec: Transform): AsyncGenerator<Uint8Array> {
  const feeding = pipeline(bytes, codec).catch(() => {});
  try {
    yield* codec;
  } finally {
    codec.destroy();
    await feeding;
  }
}
