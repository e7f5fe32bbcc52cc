import { hashInto, textHash } from '@sluice/policy';
import type { PartPlan } from '@sluice/registry';

/** Names of files, kept as 52-bit hashes: enough to count how two large sets differ, 8 bytes a name. */
export interface FileSet {
  add(subdir: string, file: string): void;
  /** Add the name that lies at this place of what `view` shows, as UTF-8. */
  addAt(subdir: string, view: DataView, begin: number, end: number): void;
  /** Make room for so many more: growing takes up to three times as much for a while. */
  expect(more: number): void;
  /** How many of these names `other` lacks; quick where both have mostly the same in the same order. */
  missingFrom(other: FileSet): number;
  /** In the order they were added. */
  hashes(): Float64Array;
}

/** A new, empty set. Adding a name twice counts it twice. */
export function fileSet(): FileSet {
  const encoder = new TextEncoder();
  let hashes = new Float64Array(1024);
  let count = 0;
  let last: string | undefined;
  let [lastA, lastB] = [0, 0];
  const words = new Uint32Array(2);
  function grow(length: number): void {
    const grown = new Float64Array(length);
    grown.set(hashes.subarray(0, count));
    hashes = grown;
  }
  const set: FileSet = {
    add(subdir, file) {
      const view = viewOf(encoder.encode(file));
      set.addAt(subdir, view, 0, view.byteLength);
    },
    addAt(subdir, view, begin, end) {
      if (count === hashes.length) grow(count * 2);
      if (subdir !== last) {
        last = subdir;
        [lastA, lastB] = textHash(encoder.encode(subdir));
      }
      hashInto(words, view, begin, end);
      hashes[count++] = ((words[0]! ^ lastA) >>> 0) * 2 ** 20 + ((words[1]! ^ lastB) >>> 12);
    },
    expect(more) {
      if (count + more > hashes.length) grow(count + more);
    },
    hashes: () => hashes.subarray(0, count),
    missingFrom: (other) => missing(set.hashes(), other.hashes()),
  };
  return set;
}

/** Add the names of the files that a layer shows. */
export function addNames(
  set: FileSet,
  { subdir, kept, eachName }: Pick<PartPlan, 'subdir' | 'kept' | 'eachName'>,
): void {
  set.expect(kept);
  let seen: Uint8Array | undefined;
  let view: DataView = new DataView(new ArrayBuffer());
  eachName((bytes, begin, end) => {
    if (bytes !== seen) view = viewOf(bytes);
    seen = bytes;
    set.addAt(subdir, view, begin, end);
  });
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** How many of `mine` are not among `theirs`. What comes in the same order in both needs no sorting. */
function missing(mine: Float64Array, theirs: Float64Array): number {
  const alone = new Float64Array(mine.length);
  let count = 0;
  let j = 0;
  for (const hash of mine) {
    if (hash === theirs[j]) j++;
    else alone[count++] = hash;
  }
  const left = alone.subarray(0, count).sort();
  const right = theirs.slice(j).sort();
  let lacking = 0;
  let k = 0;
  for (const hash of left) {
    while (k < right.length && right[k]! < hash) k++;
    if (right[k] !== hash) lacking++;
  }
  return lacking;
}
