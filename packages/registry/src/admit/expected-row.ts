import { type Facts, hasRecordHash, type ListedWith, recordHash } from '@sluice/policy';

/** Says which row of the state before comes next, while an index is gone through in its own order. */
export interface ExpectedRow {
  /** The row behind the one that came last. */
  here(): number;
  /** The row that was expected when the order broke off last. */
  aside(): number;
  /** A record came that has this row; −1 when it has none. */
  came(row: number): void;
}

/**
 * Rows stand in the order of the index they were first read from, save those that have changed since: they stand behind, in
 * the order of the index that changed them. So the order breaks off at each of them, and goes on behind it where it was.
 */
export function expectedRow(): ExpectedRow {
  let here = 0;
  let aside = 0;
  return {
    here: () => here,
    aside: () => aside,
    came(row) {
      if (row < 0) return;
      if (row !== here) aside = here;
      here = row + 1;
    },
  };
}

const QUOTE = 0x22;
const COLON = 0x3a;

/** One for all calls, since it is read at once. */
const place = { ...viewed(new Uint8Array()), fileAt: 0, fileEnd: 0, bodyAt: 0, bodyEnd: 0 };

function viewed(bytes: Uint8Array): { bytes: Uint8Array; view: DataView } {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/**
 * Whether a row's record stands at a place of an index in JSON: its file as the key, and behind it a text of its length and
 * its hash, with what it is listed with. As much is asked of a record that was read, see ADR 8.
 *
 * @param at where the key's opening quote stands.
 * @param row of a record in a classic map.
 * @returns the index behind the text; 0 when something else stands there, or it goes on in the next chunk.
 */
export function recordEnd(
  { files, length, recordHash: words, file }: Facts,
  row: number,
  { chunk, at }: { chunk: Uint8Array; at: number },
  listedWith: ((file: string) => ListedWith) | undefined,
): number {
  const begin = files.offsets[row]!;
  const fileEnd = at + 1 + files.offsets[row + 1]! - begin;
  if (fileEnd >= chunk.length || chunk[fileEnd] !== QUOTE) return 0;
  for (let i = at + 1, j = begin; i < fileEnd; i++, j++) if (chunk[i] !== files.bytes[j]) return 0;
  const colon = behindBlanks(chunk, fileEnd + 1);
  if (chunk[colon] !== COLON) return 0;
  const bodyAt = behindBlanks(chunk, colon + 1);
  const bodyEnd = bodyAt + length[row]!;
  if (bodyEnd > chunk.length) return 0;
  if (listedWith) {
    const [a, b] = recordHash(file(row), chunk.subarray(bodyAt, bodyEnd), listedWith(file(row)));
    return words[row * 2] === a && words[row * 2 + 1] === b ? bodyEnd : 0;
  }
  if (place.bytes !== chunk) Object.assign(place, viewed(chunk));
  place.fileAt = at + 1;
  place.fileEnd = fileEnd;
  place.bodyAt = bodyAt;
  place.bodyEnd = bodyEnd;
  return hasRecordHash(place, words, row * 2) ? bodyEnd : 0;
}

function behindBlanks(chunk: Uint8Array, i: number): number {
  while (chunk[i] === 0x20 || chunk[i] === 0x0a || chunk[i] === 0x0d || chunk[i] === 0x09) i++;
  return i;
}
