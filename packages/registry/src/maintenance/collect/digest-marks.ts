/** Bytes of a SHA-256. */
const width = 32;

/**
 * Which of many digests are needed: 32 bytes and a bit each, in their order, so that three million take 100 MB and are
 * the same again after a restart.
 */
export interface DigestMarks {
  readonly count: number;
  /** One bit a digest. */
  readonly bits: Uint8Array;
  /** Add the next digest, greater than the one before; not after the first mark. */
  add(digest: Uint8Array): void;
  /** Mark a digest, if it is one of these. @returns whether it is, and was not marked before. */
  mark(digest: Uint8Array): boolean;
  isMarked(digest: Uint8Array): boolean;
  /** Digests that are not marked, from place `from` on, at most `limit`; and the place after the last one looked at. */
  unmarked(from: number, limit: number): { digests: Buffer[]; next: number };
}

/** Room for `capacity` digests, and what was marked before. More of them are left out: they count as needed. */
export function createDigestMarks(capacity: number, bits?: Uint8Array): DigestMarks {
  const digests = Buffer.allocUnsafeSlow(capacity * width);
  const marked = bits ? Uint8Array.from(bits) : new Uint8Array(Math.ceil(capacity / 8));
  let count = 0;
  let starts: Uint32Array | undefined;

  function placeOf(digest: Uint8Array): number {
    starts ??= startsOf(digests, count);
    const prefix = (digest[0]! << 8) | digest[1]!;
    let [low, high] = [starts[prefix]!, starts[prefix + 1]!];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = digests.compare(digest, 0, width, middle * width, middle * width + width);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  const isSet = (place: number) => ((marked[place >> 3]! >> (place & 7)) & 1) === 1;

  return {
    get count() {
      return count;
    },
    bits: marked,
    add(digest) {
      if (count === capacity) return;
      digests.set(digest, count * width);
      count++;
    },
    mark(digest) {
      const place = placeOf(digest);
      if (place < 0 || isSet(place)) return false;
      marked[place >> 3]! |= 1 << (place & 7);
      return true;
    },
    isMarked(digest) {
      const place = placeOf(digest);
      return place >= 0 && isSet(place);
    },
    unmarked(from, limit) {
      const found: Buffer[] = [];
      let place = from;
      for (; place < count && found.length < limit; place++) {
        if (!isSet(place)) found.push(Buffer.from(digests.subarray(place * width, place * width + width)));
      }
      return { digests: found, next: place };
    },
  };
}

/** Where the digests with each first two bytes begin; one more entry for the end. */
function startsOf(digests: Buffer, count: number): Uint32Array {
  const starts = new Uint32Array(65_537);
  for (let place = 0; place < count; place++) starts[digests.readUInt16BE(place * width) + 1]!++;
  for (let prefix = 0; prefix < 65_536; prefix++) starts[prefix + 1]! += starts[prefix]!;
  return starts;
}
