import { constants, zstdDecompressSync } from 'node:zlib';
import { splitFrames } from './split-frames.ts';

/** Compressed bytes that are decoded in one go: a stream of its own costs more than these take to decode. */
export const mostSmallBytes = 256 * 1024;
/** What they may decode to in one go. Anything larger goes through the stream, whose reader counts as it comes. */
const mostDecodedBytes = 4 * 1024 * 1024;

/**
 * Decode a little zstd at once.
 *
 * @returns undefined when it is no sound zstd, or decodes to much: the stream then finds out what it is.
 */
export async function decodeSmall(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const decoded: Uint8Array[] = [];
    for (const frame of await wholeFrames(bytes)) decoded.push(decodeFrame(frame));
    return decoded.length === 1 ? decoded[0] : Buffer.concat(decoded);
  } catch {
    return undefined;
  }
}

/** The frames; what is skipped is left out. The library drops in silence what comes behind a first one. */
async function wholeFrames(bytes: Uint8Array): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  async function* source() {
    yield bytes;
  }
  for await (const frame of splitFrames(source())) if ((frame[0]! & 0xf0) !== 0x50) frames.push(frame);
  return frames;
}

function decodeFrame(frame: Uint8Array): Uint8Array {
  return zstdDecompressSync(frame, {
    // What hardly shrank comes out in one piece.
    chunkSize: frame.byteLength + 16 * 1024,
    maxOutputLength: mostDecodedBytes,
    params: { [constants.ZSTD_d_windowLogMax]: 27 },
  });
}
