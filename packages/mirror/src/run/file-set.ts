import { textHash } from '@sluice/policy';

/** Names of files, kept as 52-bit hashes: enough to count how two large sets differ, 8 bytes a name. */
export interface FileSet {
  /** @param file the name, or its UTF-8 where it lies. */
  add(subdir: string, file: string | Uint8Array): void;
  /** How many of these names `other` lacks. */
  missingFrom(other: FileSet): number;
  sorted(): Float64Array;
}

/** A new, empty set. Adding a name twice counts it twice. */
export function fileSet(): FileSet {
  const encoder = new TextEncoder();
  let hashes = new Float64Array(1024);
  let count = 0;
  let inOrder: Float64Array | undefined;
  let last: string | undefined;
  let lastHash: readonly [number, number] = [0, 0];
  const set: FileSet = {
    add(subdir, file) {
      if (count === hashes.length) {
        const grown = new Float64Array(count * 2);
        grown.set(hashes);
        hashes = grown;
      }
      const [a, b] = textHash(typeof file === 'string' ? encoder.encode(file) : file);
      if (subdir !== last) [last, lastHash] = [subdir, textHash(encoder.encode(subdir))];
      hashes[count++] = ((a ^ lastHash[0]) >>> 0) * 2 ** 20 + ((b ^ lastHash[1]) >>> 12);
      inOrder = undefined;
    },
    sorted() {
      inOrder ??= hashes.slice(0, count).sort();
      return inOrder;
    },
    missingFrom(other) {
      const mine = set.sorted();
      const theirs = other.sorted();
      let missing = 0;
      for (let i = 0, j = 0; i < mine.length; i++) {
        while (j < theirs.length && theirs[j]! < mine[i]!) j++;
        if (j === theirs.length || theirs[j] !== mine[i]) missing++;
      }
      return missing;
    },
  };
  return set;
}
