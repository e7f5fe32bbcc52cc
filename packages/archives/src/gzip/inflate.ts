import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import { ArchiveError } from '../errors.ts';

/** Decoded bytes handed out at a time. */
const PIECE_BYTES = 48 * 1024;

/**
 * Decode gzip of any number of members. The chunks of `source` may be lent: each is done with when the next is asked for.
 *
 * @throws {ArchiveError} `truncated`, `corrupt`, `trailing_garbage`, and whatever `source` throws.
 * @see RFC 1952
 */
export function decodeGzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return inflate(createGunzip({ chunkSize: PIECE_BYTES }), source, 'gzip');
}

/**
 * Decode what deflate made, without a frame around it, as members of zips are.
 *
 * @throws {ArchiveError} as {@link decodeGzip}.
 * @see RFC 1951
 */
export function decodeDeflate(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return inflate(createInflateRaw({ chunkSize: PIECE_BYTES }), source, 'deflate');
}

async function* inflate(
  decoder: Gunzip | InflateRaw,
  source: AsyncIterable<Uint8Array>,
  wanted: string,
): AsyncGenerator<Uint8Array> {
  const feeding = feed(decoder, source);
  try {
    for await (const piece of decoder) yield piece as Uint8Array;
    if ((await feeding) !== decoder.bytesWritten) {
      throw new ArchiveError(
        'trailing_garbage',
        'Something follows the end of the packed data. Build the package again.',
        {
          wanted: 'the end of the file',
          found: 'other bytes',
        },
      );
    }
  } catch (error) {
    throw fromDecoder(error) ? refusal(error, wanted) : error;
  } finally {
    decoder.destroy();
    await feeding;
  }
}

/** Give `source` to the decoder, each piece once the last was taken in. Returns the bytes given; errors go to the decoder. */
async function feed(decoder: Gunzip | InflateRaw, source: AsyncIterable<Uint8Array>): Promise<number> {
  let fed = 0;
  // A decoder that fails never calls back for the piece it failed on; then it closes.
  let goOn = () => {};
  decoder.once('close', () => goOn());
  try {
    for await (const piece of source) {
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
function fromDecoder(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error) || error instanceof ArchiveError || !('code' in error)) return false;
  return /^(?:Z_|ERR_STREAM_PREMATURE_CLOSE)/.test(String(error.code));
}

function refusal(cause: Error & { code: string }, wanted: string): ArchiveError {
  if (cause.code === 'Z_BUF_ERROR') {
    return new ArchiveError('truncated', 'The packed data ends too early. Fetch or upload the file again.', {
      wanted: 'the rest of it',
      found: 'end of data',
      cause,
    });
  }
  return new ArchiveError('corrupt', 'The packed data is damaged. Fetch or upload the file again.', {
    wanted,
    found: cause.message,
    cause,
  });
}
