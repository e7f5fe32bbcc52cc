import type { Facts } from './facts.ts';
import type { PackedTexts } from './packed-texts.ts';
import { nameHash, nameHashAt } from './text-hash.ts';

type FileRows = (file: string) => number;

/** What was worked out of each facts, for as long as somebody holds them. */
const known = new WeakMap<PackedTexts, FileRows>();

/** {@link fileRows} of facts, worked out once: a refresh and what follows from it ask for the same. */
export function fileRowsOf(facts: Pick<Facts, 'type' | 'files' | 'count' | 'names' | 'name'>): FileRows {
  const { type, files, count } = facts;
  const rowOf = known.get(files) ?? (type === 'conda' ? fewFileRows(facts) : fileRows(files, count));
  known.set(files, rowOf);
  return rowOf;
}

/** A table takes as long to make as so many looks at each of its rows. */
const looksOfTable = 8;

/**
 * {@link fileRows} of conda files, looked up among those of their package name, which every file name begins with. Who asks for
 * so many that a table of all pays has one made.
 */
function fewFileRows(facts: Pick<Facts, 'files' | 'count' | 'names' | 'name'>): FileRows {
  const { files, count } = facts;
  const rowsOf = rowsByName(facts);
  let looked = 0;
  let table: FileRows | undefined;
  return (file) => {
    if (looked > count * looksOfTable) table ??= fileRows(files, count);
    if (table) return table(file);
    const beforeVersion = file.lastIndexOf('-', file.lastIndexOf('-') - 1);
    for (const row of rowsOf(file.slice(0, Math.max(0, beforeVersion)))) {
      looked++;
      if (isAt(files, file, row)) return row;
    }
    return -1;
  };
}

/** The rows of each package name, found by counting. */
export function rowsByName({
  names,
  name,
  count,
}: Pick<Facts, 'names' | 'name' | 'count'>): (name: string) => Uint32Array {
  const ids = new Map(names.map((text, id) => [text, id]));
  const starts = new Uint32Array(names.length + 1);
  for (let i = 0; i < count; i++) starts[name[i]! + 1]!++;
  for (let id = 0; id < names.length; id++) starts[id + 1]! += starts[id]!;
  const rows = new Uint32Array(count);
  const next = starts.slice();
  for (let i = 0; i < count; i++) rows[next[name[i]!]!++] = i;
  return (text) => {
    const id = ids.get(text);
    return id === undefined ? none : rows.subarray(starts[id], starts[id + 1]);
  };
}

const none = new Uint32Array();

/**
 * Finds the rows of file names in facts. Names are compared as bytes where they lie, so no text is made for the hundreds of
 * thousands that are only passed by.
 *
 * @returns a function from file name to row, −1 when there is none. Names of files are ASCII; any other is not found.
 */
export function fileRows(files: PackedTexts, count: number): (file: string) => number {
  const { rows, mask } = tableOf(files, count, (row) => row);
  return (file) => {
    for (let at = nameHash(file) & mask; rows[at]! >= 0; at = (at + 1) & mask) {
      if (isAt(files, file, rows[at]!)) return rows[at]!;
    }
    return -1;
  };
}

/**
 * Finds some rows by the names of their files, where these lie in bytes that were read.
 *
 * @returns a function from a name, from `begin` to before `end`, to its row; −1 when it is none of them.
 */
export function fileRowsAmong(
  files: PackedTexts,
  some: ArrayLike<number>,
): (bytes: Uint8Array, begin: number, end: number) => number {
  const { rows, mask } = tableOf(files, some.length, (i) => some[i]!);
  return (bytes, begin, end) => {
    for (let at = nameHashAt(bytes, begin, end) & mask; rows[at]! >= 0; at = (at + 1) & mask) {
      if (isSame(files, rows[at]!, bytes, begin, end)) return rows[at]!;
    }
    return -1;
  };
}

/** Rows, each at the hash of its file name or behind it; −1 where there is none. */
function tableOf({ bytes, offsets }: PackedTexts, count: number, rowAt: (i: number) => number) {
  let capacity = 128;
  while (capacity < count * 2) capacity *= 2;
  const mask = capacity - 1;
  const rows = new Int32Array(capacity).fill(-1);
  for (let i = 0; i < count; i++) {
    const row = rowAt(i);
    let at = nameHashAt(bytes, offsets[row]!, offsets[row + 1]!) & mask;
    while (rows[at]! >= 0) at = (at + 1) & mask;
    rows[at] = row;
  }
  return { rows, mask };
}

/** Compared from the end: those of one package begin alike. */
function isAt({ bytes, offsets }: PackedTexts, file: string, row: number): boolean {
  const begin = offsets[row]!;
  if (offsets[row + 1]! - begin !== file.length) return false;
  for (let i = file.length - 1; i >= 0; i--) if (bytes[begin + i] !== file.charCodeAt(i)) return false;
  return true;
}

function isSame(files: PackedTexts, row: number, bytes: Uint8Array, begin: number, end: number): boolean {
  const first = files.offsets[row]!;
  if (files.offsets[row + 1]! - first !== end - begin) return false;
  for (let i = end - begin - 1; i >= 0; i--) if (files.bytes[first + i] !== bytes[begin + i]) return false;
  return true;
}
