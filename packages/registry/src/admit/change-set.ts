import { createHash } from 'node:crypto';

/** The hash of a record, see `recordHash`: of its file key, its text and what it is listed with. */
type Word = readonly [number, number];

/** Gathers what changes in one part of a source, eight bytes a record. */
export interface ChangeSet {
  /** A record begins: its file is new, or changed. */
  begin(word: Word): void;
  /** A record ends: its file is gone, or changed. */
  end(word: Word): void;
  /**
   * The digest of all that, the same in whatever order it came:
   *
   *     sha256(<part> \n <records that begin> \n <records that end> \n  words that begin  words that end)
   *
   * Words are little-endian 64-bit numbers, ascending; the first three are text.
   */
  digest(part: string): Uint8Array;
}

/** A change set with nothing in it. @param expected about how many records will begin. */
export function changeSet(expected = 15): ChangeSet {
  const begun = words(expected);
  const ended = words(15);
  return {
    begin: begun.add,
    end: ended.add,
    digest(part) {
      const hash = createHash('sha256').update(`${part}\n${begun.count()}\n${ended.count()}\n`);
      return hash.update(begun.sorted()).update(ended.sorted()).digest();
    },
  };
}

/** One digest for several change sets, in their order; that of one is its own. */
export function digestOfAll(digests: readonly Uint8Array[]): Uint8Array {
  if (digests.length === 1) return digests[0]!;
  return createHash('sha256').update(Buffer.concat(digests)).digest();
}

function words(expected: number) {
  let list = new Uint32Array((expected + 1) * 2);
  let end = 0;
  return {
    count: () => end / 2,
    add([low, high]: Word): void {
      if (end === list.length) {
        const grown = new Uint32Array(end * 2);
        grown.set(list);
        list = grown;
      }
      list[end++] = low;
      list[end++] = high;
    },
    sorted: () => new BigUint64Array(list.buffer.slice(0, end * 4)).sort(),
  };
}
