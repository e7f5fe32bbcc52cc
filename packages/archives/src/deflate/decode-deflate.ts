import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import { ArchiveError } from '../errors.ts';

/** Decoded bytes handed out at a time. */
const PIECE_BYTES = 64 * 1024;

/**
 * Decode gzip, also several members end to end. The chunks of `source` may be lent: each is done with when the next is asked for.
 *
 * @throws {ArchiveError} `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`, and whatever `source` throws.
 * @see RFC 1952
 */
export function decodeGzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return decodeStream(createGunzip({ chunkSize: PIECE_BYTES }), source, undefined);
}

/**
 * Decode the deflate data of one zip member. The chunks of `source` may be lent.
 *
 * @throws {ArchiveError} `truncated`, `corrupt`, `trailing_garbage`, and whatever `source` throws.
 * @see RFC 1951
 */
export function decodeDeflate(source: AsyncIterable<Uint8Array>, entry: string): AsyncGenerator<Uint8Array> {
  return decodeStream(createInflateRaw({ chunkSize: PIECE_BYTES }), source, entry);
}

async function* decodeStream(
  decoder: Gunzip | InflateRaw,
  source: AsyncIterable<Uint8Array>,
  entry: string | undefined,
): AsyncGenerator<Uint8Array> {
  const feeding = feed(decoder, source);
  let decoded = 0;
  try {
    for await (const piece of decoder) {
      decoded += (piece as Uint8Array).byteLength;
      yield piece as Uint8Array;
    }
    // What follows the end is not decoded, and no error to the decoder.
    if ((await feeding) !== decoder.bytesWritten) throw refusal('trailing_garbage', 'bytes after the end', entry);
  } catch (error) {
    throw explained(error, decoded, entry);
  } finally {
    decoder.destroy();
    await feeding;
  }
}

/** Give `source` to the decoder, each chunk once the last was taken in. Returns the bytes given; errors go to the decoder. */
async function feed(decoder: Gunzip | InflateRaw, source: AsyncIterable<Uint8Array>): Promise<number> {
  let fed = 0;
  // A decoder that fails never calls back for the chunk it failed on; then it closes.
  let goOn = () => {};
  decoder.once('close', () => goOn());
  try {
    for await (const chunk of source) {
      await new Promise<void>((resolve) => {
        goOn = resolve;
        decoder.write(chunk, () => resolve());
      });
      if (decoder.destroyed) return fed;
      fed += chunk.byteLength;
    }
    decoder.end();
  } catch (error) {
    decoder.destroy(error as Error);
  }
  return fed;
}

function explained(error: unknown, decoded: number, entry: string | undefined): unknown {
  if (!(error instanceof Error) || error instanceof ArchiveError || !('code' in error)) return error;
  if (error.code === 'Z_BUF_ERROR') return refusal('truncated', 'the end of the data', entry, error);
  if (!/^(?:Z_|ERR_STREAM_PREMATURE_CLOSE)/.test(String(error.code))) return error;
  const nothing = decoded === 0 && entry === undefined;
  return refusal(nothing ? 'not_an_archive' : 'corrupt', error.message, entry, error);
}

function refusal(
  code: 'not_an_archive' | 'truncated' | 'corrupt' | 'trailing_garbage',
  found: string,
  entry: string | undefined,
  cause?: Error,
): ArchiveError {
  const what = entry === undefined ? 'The gzip file' : `The zip member "${entry.slice(0, 200)}"`;
  return new ArchiveError(code, `${what} cannot be unpacked: ${found}. Fetch or upload the file again.`, {
    wanted: 'whole deflate data and nothing else',
    found,
    ...(entry === undefined ? {} : { entry }),
    ...(cause === undefined ? {} : { cause }),
  });
}
