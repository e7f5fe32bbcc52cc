import { FormatError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';

/** The longest line: a document of patches may be large. */
const longestLine = 256 * 1024 * 1024;

/**
 * The lines of a text that comes in chunks, without their line breaks. Each must end with one.
 *
 * @throws {FormatError} `bundle_contents` when the last does not, for bytes that are no UTF-8 and for a line above 256 MiB.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  for await (const lines of lineBatchesOf(chunks)) yield* lines;
}

/** As {@link linesOf}, those of a chunk together: waiting for each would cost more than reading it. */
export async function* lineBatchesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string[]> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    const lines: string[] = [];
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      lines.push(text([...held, chunk.subarray(from, to)]));
      held = [];
      heldBytes = 0;
      from = to + 1;
    }
    if (from < chunk.length) {
      // A copy, since who hands in chunks may use their memory again; not slice(), which copies nothing of a Node Buffer.
      held.push(new Uint8Array(chunk.subarray(from)));
      heldBytes += chunk.length - from;
      if (heldBytes > longestLine) throw invalid('lines of at most 256 MiB', 'a longer one');
    }
    if (lines.length > 0) yield lines;
  }
  if (held.length > 0) throw invalid('a line break at the end', 'a cut line');
}

function text(pieces: Uint8Array[]): string {
  try {
    return decodeUtf8(pieces.length === 1 ? pieces[0]! : together(pieces));
  } catch {
    throw invalid('UTF-8', 'other bytes');
  }
}

function together(pieces: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function invalid(wanted: string, found: string): FormatError {
  return new FormatError('bundle_contents', 'The contents of this bundle cannot be read.', { wanted, found });
}
