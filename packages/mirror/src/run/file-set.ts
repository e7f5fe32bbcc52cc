import { textHash } from '@sluice/policy';

/** Names of files, kept as 52-bit hashes: enough to count how two large sets differ, 8 bytes a name. */
export interface FileSet {
  add(subdir: string, file: string): void;
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
  const set: FileSet = {
    add(subdir, file) {
      if (count === hashes.length) {
        const grown = new Float64Array(count * 2);
        grown.set(hashes);
        hashes = grown;
      }
      const [a, b] = textHash(encoder.encode(`${subdir}/${file}`));
      hashes[count++] = a * 2 ** 20 + (b >>> 12);
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
