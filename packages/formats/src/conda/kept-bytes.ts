/**
 * The bytes of one value that may begin in one chunk and end in a later one.
 *
 * A value that lies in one chunk is never copied.
 */
export interface KeptBytes {
  /** Whether a value is being kept. */
  active(): boolean;
  /** Begin at `index` of the chunk at hand. */
  begin(index: number): void;
  /** End before `end` of the chunk at hand. @returns a view that holds until the next `begin`; undefined when too long. */
  take(chunk: Uint8Array, end: number): Uint8Array | undefined;
  /** The chunk ends within the value. @returns false when the value has become too long. */
  carryOver(chunk: Uint8Array): boolean;
}

const FIRST_CAPACITY = 64 * 1024;

/** An empty keeper for values of up to `maxBytes`. */
export function createKeptBytes(maxBytes: number): KeptBytes {
  let carry = new Uint8Array(Math.min(FIRST_CAPACITY, maxBytes));
  let carried = 0;
  let start = -1;

  function append(chunk: Uint8Array, end: number): boolean {
    const size = carried + end - start;
    if (size > maxBytes) return false;
    if (size > carry.length) {
      const grown = new Uint8Array(Math.min(Math.max(size, 2 * carry.length), maxBytes));
      grown.set(carry.subarray(0, carried));
      carry = grown;
    }
    carry.set(chunk.subarray(start, end), carried);
    carried = size;
    return true;
  }

  return {
    active: () => start >= 0,
    begin(index) {
      start = index;
      carried = 0;
    },
    take(chunk, end) {
      const from = start;
      if (carried === 0) {
        start = -1;
        return end - from > maxBytes ? undefined : chunk.subarray(from, end);
      }
      const fits = append(chunk, end);
      start = -1;
      return fits ? carry.subarray(0, carried) : undefined;
    },
    carryOver(chunk) {
      const fits = append(chunk, chunk.length);
      start = 0;
      return fits;
    },
  };
}
