import { pipeline } from 'node:stream/promises';
import { constants, createZstdDecompress } from 'node:zlib';
import { ArchiveError } from '../errors.ts';
import { corruptZstd, splitFrames } from './split-frames.ts';

/** Decoded bytes handed out at a time. */
const PIECE_BYTES = 256 * 1024;
/** Twice the window that {@link splitFrames} lets pass would still be refused by the decoder. */
const WINDOW_LOG_MAX = 27;

/**
 * Decode zstd of any number of frames, with or without content sizes, windows up to 128 MiB.
 *
 * @throws {ArchiveError} `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`, `too_large`, and whatever `source` throws.
 */
export async function* decodeZstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = createZstdDecompress({
    chunkSize: PIECE_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
  });
  const feeding = pipeline(splitFrames(source), decoder);
  feeding.catch(() => {});
  try {
    for await (const piece of decoder) yield piece as Uint8Array;
    await feeding;
  } catch (error) {
    throw fromDecoder(error) ? corruptZstd(error.message, error) : error;
  } finally {
    decoder.destroy();
  }
}

/** Whether the decoder, or the stream around it, complains of the bytes; other errors are the source's own. */
function fromDecoder(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof ArchiveError || !('code' in error)) return false;
  return /^(?:ZSTD_|Z_|ERR_STREAM_PREMATURE_CLOSE)/.test(String(error.code));
}
