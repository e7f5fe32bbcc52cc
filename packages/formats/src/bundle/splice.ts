import { encodeUtf8 } from '../utf8.ts';
import { compareLineKeys } from './contents.ts';
import { keyOfText, outOfOrder } from './difference.ts';
import { linesIn, lineText } from './lines.ts';

/** Characters of lines that are handed on together. */
const pieceLength = 1 << 18;

/** Keys from the first, up to and without the second. */
export type KeyRange = readonly [from: string, to: string];

/** What becomes of a listing. */
export interface Splice {
  /** Where its lines may go, and others come: sorted, and apart. */
  ranges: readonly KeyRange[];
  /** Whether a line of theirs stays. */
  stays(text: string): boolean;
  /** What comes, sorted. */
  coming: readonly string[];
  /** Told of all that lies outside of them, stretch by stretch: whole lines, which are taken over as they are. */
  onStretch(lines: Uint8Array): void;
}

/**
 * A listing with some of its lines replaced. Only those in `ranges` are read; where these begin and end is searched for, since a
 * listing has hundreds of thousands of lines and few of them change.
 *
 * @param listing its bytes, cut where lines end.
 * @throws {FormatError} `bundle_contents` when lines that are met are out of order, or twice.
 */
export async function* splicedListing(listing: AsyncIterable<Uint8Array>, splice: Splice): AsyncGenerator<Uint8Array> {
  const coming = splice.coming.map((text) => ({ key: keyOfText(text), text }));
  let next = 0;
  let turn = 0;
  let last = '';

  function follow(key: string): void {
    if (compareLineKeys(last, key) >= 0) throw outOfOrder(key);
    last = key;
  }

  /** What comes before a key. */
  function* comingBefore(key: string | undefined): Generator<string> {
    for (; next < coming.length; next++) {
      const one = coming[next]!;
      if (key !== undefined && compareLineKeys(one.key, key) >= 0) return;
      follow(one.key);
      yield one.text;
    }
  }

  function* lineByLine(lines: Uint8Array): Generator<string> {
    for (const text of linesIn(lines)) {
      if (!splice.stays(text)) continue;
      const key = keyOfText(text);
      yield* comingBefore(key);
      follow(key);
      yield text;
    }
  }

  for await (const lines of listing) {
    for (let at = 0; at < lines.length; ) {
      const range = splice.ranges[turn];
      const start = range ? placeOf(range[0], lines, at) : lines.length;
      if (start > at) {
        const stretch = lines.subarray(at, start);
        const final = lineBegin(stretch, stretch.length - 1);
        follow(keyAt(stretch, 0));
        if (final > 0) follow(keyAt(stretch, final));
        splice.onStretch(stretch);
        yield stretch;
      }
      if (!range || start === lines.length) break;
      at = placeOf(range[1], lines, start);
      yield* encoded(lineByLine(lines.subarray(start, at)));
      if (at === lines.length) break;
      yield* encoded(comingBefore(range[1]));
      turn++;
    }
  }
  yield* encoded(comingBefore(undefined));
}

/** Where the first line from `from` on begins that has this key or a later one; the end when there is none. */
function placeOf(key: string, lines: Uint8Array, from: number): number {
  let low = from;
  let high = lines.length;
  while (low < high) {
    const middle = lineBegin(lines, (low + high) >>> 1);
    if (compareLineKeys(keyAt(lines, middle), key) >= 0) high = middle;
    else low = lines.indexOf(10, middle) + 1;
  }
  return low;
}

/** Where the line begins that this byte is of. */
function lineBegin(lines: Uint8Array, at: number): number {
  return at === 0 ? 0 : lines.lastIndexOf(10, at - 1) + 1;
}

function keyAt(lines: Uint8Array, begin: number): string {
  return keyOfText(lineText(lines.subarray(begin, lines.indexOf(10, begin))));
}

function* encoded(lines: Iterable<string>): Generator<Uint8Array> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < pieceLength) continue;
    yield encodeUtf8(text);
    text = '';
  }
  if (text.length > 0) yield encodeUtf8(text);
}
