import { constants, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { ArchiveError } from '../errors.ts';
import { decodeSmall, mostSmallBytes } from './decode-small.ts';
import { corruptZstd, splitFrames } from './split-frames.ts';

/**
 * Decoded bytes handed out at a time. Larger pieces are hardly faster, but are collected late: with 5 GB the process grew by 50 MB, not 25.
 */
const PIECE_BYTES = 48 * 1024;
/** Twice the window that {@link splitFrames} lets pass would still be refused by the decoder. */
const WINDOW_LOG_MAX = 27;

/**
 * Decode zstd of any number of frames, with or without content sizes, windows up to 128 MiB. The chunks of `source` may be lent: each is
 * done with when the next is asked for.
 *
 * @param size of all of `source`, in bytes, where it is known: a chunk that is all of it is not copied.
 * @throws {ArchiveError} `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`, `too_large`, and whatever `source` throws.
 */
export async function* decodeZstd(source: AsyncIterable<Uint8Array>, size?: number): AsyncGenerator<Uint8Array> {
  const begun = await gather(source, mostSmallBytes, size);
  const small = begun.ended ? await decodeSmall(begun.bytes) : undefined;
  if (small) yield small;
  else yield* decodeStream(begun.all());
}

/** The first bytes of a source, up to `most` or a chunk more. */
async function gather(source: AsyncIterable<Uint8Array>, most: number, size: number | undefined) {
  const chunks = source[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (length <= most && !ended) {
    const next = await chunks.next();
    // Chunks are lent until the next is asked for. Behind one that is all there is none.
    if (next.done) ended = true;
    else {
      parts.push(next.value.byteLength === size ? next.value : Uint8Array.from(next.value));
      length += next.value.byteLength;
    }
  }
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  async function* all() {
    try {
      if (bytes.byteLength > 0) yield bytes;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }
  return { ended: ended && length <= most, bytes, all };
}

async function* decodeStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = createZstdDecompress({
    chunkSize: PIECE_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
  });
  const feeding = feed(decoder, source);
  try {
    for await (const piece of decoder) yield piece as Uint8Array;
    if ((await feeding) !== decoder.bytesWritten) throw corruptZstd('frames that end where they should not');
  } catch (error) {
    throw fromDecoder(error) ? corruptZstd(error.message, error) : error;
  } finally {
    decoder.destroy();
    await feeding;
  }
}

/** Give `source` to the decoder frame by frame, each piece once the last was taken in. Returns the bytes given; errors go to the decoder. */
async function feed(decoder: ZstdDecompress, source: AsyncIterable<Uint8Array>): Promise<number> {
  let fed = 0;
  // A decoder that fails never calls back for the piece it failed on; then it closes.
  let goOn = () => {};
  decoder.once('close', () => goOn());
  try {
    for await (const piece of splitFrames(source)) {
      await new Promise<void>((resolve) => {
        goOn = resolve;
        decoder.write(piece, () => resolve());
      });
      if (decoder.destroyed) return fed;
      fed += piece.byteLength;
    }
    decoder.end();
  } catch (error) {
    decoder.destroy(error as Error);
  }
  return fed;
}

/** Whether the decoder, or the stream around it, complains of the bytes; other errors are the source's own. */
function fromDecoder(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof ArchiveError || !('code' in error)) return false;
  return /^(?:ZSTD_|Z_|ERR_STREAM_PREMATURE_CLOSE)/.test(String(error.code));
}
