import { nameHash } from './text-hash.ts';

/** Finds the row of a file name among many, without holding the names as strings. */
export interface RowIndex {
  /** The row of a file name, or −1. */
  find(file: string): number;
  /** Remember that `file` is at `row`; rows are added in ascending order. */
  add(file: string, row: number): void;
}

/**
 * An open-addressing table from file name to row. `file(row)` gives the name back, so a collision of hashes is settled
 * by comparing names.
 */
export function rowIndex(file: (row: number) => string, expected = 64): RowIndex {
  let mask = capacityFor(expected) - 1;
  let rows = new Int32Array(mask + 1).fill(-1);
  let hashes = new Uint32Array(mask + 1);
  let used = 0;

  function grow(): void {
    const oldRows = rows;
    const oldHashes = hashes;
    mask = mask * 2 + 1;
    rows = new Int32Array(mask + 1).fill(-1);
    hashes = new Uint32Array(mask + 1);
    for (let at = 0; at < oldRows.length; at++) if (oldRows[at]! >= 0) place(oldHashes[at]!, oldRows[at]!);
  }

  function place(hash: number, row: number): void {
    let at = hash & mask;
    while (rows[at]! >= 0) at = (at + 1) & mask;
    rows[at] = row;
    hashes[at] = hash;
  }

  return {
    find(name) {
      const hash = nameHash(name);
      let at = hash & mask;
      while (rows[at]! >= 0) {
        if (hashes[at] === hash && file(rows[at]!) === name) return rows[at]!;
        at = (at + 1) & mask;
      }
      return -1;
    },
    add(name, row) {
      if (++used * 2 > mask) grow();
      place(nameHash(name), row);
    },
  };
}

function capacityFor(expected: number): number {
  let capacity = 128;
  while (capacity < expected * 2 + 2) capacity *= 2;
  return capacity;
}
