import { FormatError } from '../errors.ts';
import {
  compareLineKeys,
  goneLine,
  isRecordLine,
  lineKey,
  readContentsLine,
  recordKey,
  writeContentsLine,
} from './contents.ts';

/** Lines of a listing or a difference, as texts without line breaks, in the order of a listing. */
export type Lines = AsyncIterable<string> | Iterable<string>;

/**
 * What makes one listing another: the contents of a delta. Against no lines it is the listing itself.
 *
 * @throws {FormatError} `bundle_contents` when either is out of order.
 */
export async function* differenceOf(base: Lines, next: Lines): AsyncGenerator<string> {
  for await (const [before, after] of sideBySide(base, next)) {
    if (after === undefined) yield writeContentsLine(goneLine(before!.key));
    else if (before?.text !== after.text) yield after.text;
  }
}

/**
 * The listing that a difference makes of its base. Its digest must be the state that the manifest names.
 *
 * @throws {FormatError} `bundle_contents` when either is out of order, `bundle_base` when a line that should go is not there.
 */
export async function* applyDifference(base: Lines, difference: Lines): AsyncGenerator<string> {
  for await (const [before, change] of sideBySide(base, difference)) {
    if (change === undefined) yield before!.text;
    else if (!isGone(change.text)) yield change.text;
    else if (before === undefined) throw notThere(change.key);
  }
}

interface Keyed {
  key: string;
  text: string;
}

/** The lines of two sorted inputs, those of one key together. */
async function* sideBySide(a: Lines, b: Lines): AsyncGenerator<[Keyed | undefined, Keyed | undefined]> {
  const [left, right] = [keyed(a), keyed(b)];
  let [x, y] = [await left.next(), await right.next()];
  while (!x.done || !y.done) {
    const order = x.done ? 1 : y.done ? -1 : compareLineKeys(x.value.key, y.value.key);
    yield [order <= 0 ? x.value! : undefined, order >= 0 ? y.value! : undefined];
    if (order <= 0) x = await left.next();
    if (order >= 0) y = await right.next();
  }
}

async function* keyed(lines: Lines): AsyncGenerator<Keyed, undefined> {
  let last: string | undefined;
  for await (const text of lines) {
    const key = keyOfText(text);
    if (last !== undefined && compareLineKeys(last, key) >= 0) throw outOfOrder(key);
    last = key;
    yield { key, text };
  }
}

/** The key of a line of a listing or a difference. Of a record only what stands before its body is parsed: listings have hundreds of thousands of them. */
export function keyOfText(text: string): string {
  const place = recordPlaceOf(text);
  return place ? recordKey(place.channel, place.part, place.file) : lineKey(readContentsLine(text));
}

/** The key of a record whose texts stand in JSON as they are: nearly all. */
const plainHead = /^\{"c":"([^"\\]*)","p":"([^"\\]*)","f":"([^"\\]*)","b":/;

/** Which file a record's line is of; undefined for other lines. Nothing behind its key is parsed. */
export function recordPlaceOf(text: string): { channel: string; part: string; file: string } | undefined {
  const [, channel, part, file] = plainHead.exec(text) ?? [];
  if (channel !== undefined && part !== undefined && file !== undefined) return { channel, part, file };
  const cut = isRecordLine(text) ? text.indexOf(',"b":') : -1;
  if (cut < 0) return undefined;
  const { c, p, f } = head(text, cut);
  return { channel: String(c), part: String(p), file: String(f) };
}

function head(text: string, cut: number): Record<string, unknown> {
  try {
    return JSON.parse(`${text.slice(0, cut)}}`) as Record<string, unknown>;
  } catch {
    throw outOfOrder(text.slice(0, 80));
  }
}

function isGone(text: string): boolean {
  return text.startsWith('{"gone":');
}

export function outOfOrder(key: string): FormatError {
  return new FormatError('bundle_contents', 'The lines of this bundle are not in their order.', {
    wanted: 'each line once, sorted',
    found: key.replaceAll('\0', ' '),
  });
}

function notThere(key: string): FormatError {
  return new FormatError('bundle_base', 'This delta takes away what is not there: it is of another base.', {
    wanted: 'a base that has what goes',
    found: key.replaceAll('\0', ' '),
  });
}
