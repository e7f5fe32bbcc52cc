import type { Facts } from './facts.ts';
import type { PackedTexts } from './packed-texts.ts';
import { nameHash, nameHashAt } from './text-hash.ts';

/** The table of each facts, for as long as somebody holds them. */
const known = new WeakMap<PackedTexts, (file: string) => number>();

/** {@link fileRows} of facts, worked out once: a refresh and what follows from it ask for the same. */
export function fileRowsOf({ files, count }: Pick<Facts, 'files' | 'count'>): (file: string) => number {
  const rowOf = known.get(files) ?? fileRows(files, count);
  known.set(files, rowOf);
  return rowOf;
}

/**
 * Finds the rows of file names in facts. Names are compared as bytes where they lie, so no text is made for the hundreds of
 * thousands that are only passed by.
 *
 * @returns a function from file name to row, −1 when there is none. Names of files are ASCII; any other is not found.
 */
export function fileRows(files: PackedTexts, count: number): (file: string) => number {
  const { bytes, offsets } = files;
  let capacity = 128;
  while (capacity < count * 2) capacity *= 2;
  const mask = capacity - 1;
  const rows = new Int32Array(capacity).fill(-1);
  for (let row = 0; row < count; row++) {
    let at = nameHashAt(bytes, offsets[row]!, offsets[row + 1]!) & mask;
    while (rows[at]! >= 0) at = (at + 1) & mask;
    rows[at] = row;
  }

  function isAt(file: string, row: number): boolean {
    const begin = offsets[row]!;
    if (offsets[row + 1]! - begin !== file.length) return false;
    for (let i = 0; i < file.length; i++) if (bytes[begin + i] !== file.charCodeAt(i)) return false;
    return true;
  }

  return (file) => {
    for (let at = nameHash(file) & mask; rows[at]! >= 0; at = (at + 1) & mask) {
      if (isAt(file, rows[at]!)) return rows[at]!;
    }
    return -1;
  };
}
