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
  for await (const whole of wholeLinesOf(chunks)) yield* linesIn(whole);
}

/** The lines of some bytes that hold whole ones, without their line breaks. @throws {FormatError} `bundle_contents` for what is no UTF-8. */
export function linesIn(whole: Uint8Array): string[] {
  const lines: string[] = [];
  let from = 0;
  for (let to = whole.indexOf(10); to >= 0; to = whole.indexOf(10, from)) {
    lines.push(lineText(whole.subarray(from, to)));
    from = to + 1;
  }
  return lines;
}

/**
 * The same bytes, cut where lines end: none is empty. They are good until the next are asked for.
 *
 * @throws {FormatError} `bundle_contents` when the last line does not end, and for one above 256 MiB.
 */
export async function* wholeLinesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    const first = held.length > 0 ? chunk.indexOf(10) + 1 : 0;
    if (first > 0) {
      yield together([...held, chunk.subarray(0, first)]);
      held = [];
      heldBytes = 0;
      from = first;
    }
    const end = chunk.lastIndexOf(10) + 1;
    if (end > from) {
      yield chunk.subarray(from, end);
      from = end;
    }
    if (from < chunk.length) {
      // A copy, since who hands in chunks may use their memory again; not slice(), which copies nothing of a Node Buffer.
      held.push(new Uint8Array(chunk.subarray(from)));
      heldBytes += chunk.length - from;
      if (heldBytes > longestLine) throw invalid('lines of at most 256 MiB', 'a longer one');
    }
  }
  if (held.length > 0) throw invalid('a line break at the end', 'a cut line');
}

/** One line as text. @throws {FormatError} `bundle_contents` for bytes that are no UTF-8. */
export function lineText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
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
