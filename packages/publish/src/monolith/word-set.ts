/** The words of the records that a document lists, each of which is taken once. */
export interface WordSet {
  readonly size: number;
  /** Words taken so far. */
  readonly taken: number;
  has(a: number, b: number): boolean;
  /** Take a word out. @returns false when it is not there, or was taken before. */
  take(a: number, b: number): boolean;
}

/** Room for each word beside its neighbours; with fewer than two a search takes many steps. */
const slotsPerWord = 2;

/**
 * Gather 64-bit words out of signatures. Open addressing over typed arrays, 17 to 34 bytes a word: hundreds of thousands
 * of them are no objects.
 *
 * @param count how many words there are.
 */
export function wordSet(signatures: Iterable<Uint8Array>, count: number): WordSet {
  let slots = 16;
  while (slots < count * slotsPerWord) slots *= 2;
  const mask = slots - 1;
  const words = new Uint32Array(slots * 2);
  const state = new Uint8Array(slots);
  let size = 0;
  let taken = 0;

  function slotOf(a: number, b: number): number {
    let slot = a & mask;
    while (state[slot] !== free && (words[slot * 2] !== a || words[slot * 2 + 1] !== b)) slot = (slot + 1) & mask;
    return slot;
  }

  for (const signature of signatures) {
    const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength);
    for (let at = 0; at < view.byteLength; at += 8) {
      const [a, b] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      const slot = slotOf(a, b);
      if (state[slot] !== free) continue;
      words[slot * 2] = a;
      words[slot * 2 + 1] = b;
      state[slot] = there;
      size++;
    }
  }

  return {
    size,
    get taken() {
      return taken;
    },
    has: (a, b) => state[slotOf(a, b)] !== free,
    take(a, b) {
      const slot = slotOf(a, b);
      if (state[slot] !== there) return false;
      state[slot] = gone;
      taken++;
      return true;
    },
  };
}

const free = 0;
const there = 1;
const gone = 2;
