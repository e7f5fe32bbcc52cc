import { Readable } from 'node:stream';
import xz from 'xz-decompress';
import { MirrorError } from '../../errors.ts';
import { gunzipped } from '../../fetch/gunzipped.ts';

/** CRAN's largest index has 30 MB; a bomb would have more. What it holds lies in memory twice for a moment. */
const usualMost = 256 * 1024 * 1024;

/**
 * The content of an index of CRAN's kind, whatever it is packed with: gzip, xz, or nothing. The first bytes say, since servers
 * differ in what they unpack on the way.
 *
 * @throws {MirrorError} `upstream_malformed`.
 */
export async function unpack(bytes: Uint8Array, url: string, mostBytes = usualMost): Promise<Uint8Array> {
  const pieces = unpacked(bytes);
  if (pieces === undefined) return bytes;
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of pieces) {
      length += piece.length;
      if (length > mostBytes) throw malformed(url, `at most ${mostBytes} bytes`, 'more');
      parts.push(piece);
    }
  } catch (cause) {
    if (cause instanceof MirrorError) throw cause;
    throw malformed(url, 'packed data that is whole', 'damaged data', cause);
  }
  return Buffer.concat(parts);
}

function unpacked(bytes: Uint8Array): AsyncIterable<Uint8Array> | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipped(Readable.from([bytes]));
  if (bytes[0] !== 0xfd || bytes[1] !== 0x37) return undefined;
  return new xz.XzReadableStream(Readable.toWeb(Readable.from([bytes])) as ReadableStream) as AsyncIterable<Uint8Array>;
}

/** The refusal of an answer that is not the index it should be. */
export function malformed(url: string, wanted: string, found: string, cause?: unknown): MirrorError {
  const message = `${url} is no index of R packages: wanted ${wanted}, found ${found}. Nothing of it was taken.`;
  return new MirrorError('upstream_malformed', message, { wanted, found, ...(cause === undefined ? {} : { cause }) });
}
