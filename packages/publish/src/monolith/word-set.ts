/** The words of the records that a document lists, each of which is taken once. */
export interface WordSet {
  /** Put in the words of a signature, 8 bytes each. */
  add(signature: Uint8Array): void;
  has(a: number, b: number): boolean;
  /** Take a word out. @returns false when it is not there, or was taken before. */
  take(a: number, b: number): boolean;
}

/** Room for each word beside its neighbours; with fewer than two a search takes many steps. */
const slotsPerWord = 2;

/**
 * A set for about `count` 64-bit words. Open addressing over typed arrays, 18 to 36 bytes a word: hundreds of thousands of
 * them are no objects. It grows where there are more, as where a database miscounts them: full, a search would not end.
 */
export function wordSet(count: number): WordSet {
  let slots = 16;
  while (slots < count * slotsPerWord) slots *= 2;
  let mask = slots - 1;
  let words = new Uint32Array(slots * 2);
  let state = new Uint8Array(slots);
  let used = 0;

  function slotOf(a: number, b: number): number {
    let slot = a & mask;
    while (state[slot] !== free && (words[slot * 2] !== a || words[slot * 2 + 1] !== b)) slot = (slot + 1) & mask;
    return slot;
  }

  function put(a: number, b: number, as: number): void {
    const slot = slotOf(a, b);
    if (state[slot] !== free) return;
    words[slot * 2] = a;
    words[slot * 2 + 1] = b;
    state[slot] = as;
    used++;
  }

  function grow(): void {
    const before = { words, state };
    slots *= 2;
    mask = slots - 1;
    words = new Uint32Array(slots * 2);
    state = new Uint8Array(slots);
    used = 0;
    before.state.forEach((as, i) => {
      if (as !== free) put(before.words[i * 2]!, before.words[i * 2 + 1]!, as);
    });
  }

  return {
    add(signature) {
      const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength);
      for (let at = 0; at < view.byteLength; at += 8) {
        if ((used + 1) * slotsPerWord > slots) grow();
        put(view.getUint32(at, true), view.getUint32(at + 4, true), there);
      }
    },
    has: (a, b) => state[slotOf(a, b)] !== free,
    take(a, b) {
      const slot = slotOf(a, b);
      if (state[slot] !== there) return false;
      state[slot] = gone;
      return true;
    },
  };
}

const free = 0;
const there = 1;
const gone = 2;
