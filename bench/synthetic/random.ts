/** A source of pseudo-random numbers that a seed decides. Not for secrets. */
export interface Random {
  /** The next 32 bits. */
  next(): number;
  /** A whole number, 0 ≤ n < `bound`. */
  below(bound: number): number;
  /** True with this chance, 0 … 1. */
  chance(probability: number): boolean;
  /** One of the items, the earlier the likelier: the chance of the first of n is `power` times the even one. */
  skewed<T>(items: readonly T[], power?: number): T;
}

/** Begin a stream of numbers for any number of keys; streams of different keys do not resemble each other. */
export function randomOf(...keys: readonly number[]): Random {
  let state = 0x9e3779b9;
  for (const key of keys) state = mix(state ^ mix(key + 0x85ebca6b));
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state) >>> 0;
  };
  return {
    next,
    below: (bound) => Math.floor((next() / 0x1_0000_0000) * bound),
    chance: (probability) => next() < probability * 0x1_0000_0000,
    skewed: (items, power = 3) => items[Math.floor((next() / 0x1_0000_0000) ** power * items.length)]!,
  };
}

/** The finishing step of MurmurHash3. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const hexPairs = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'));

/** So many words of 32 bits in hexadecimal: 8 for a sha256, 4 for an md5. */
export function hexWords(random: Random, words: number): string {
  let text = '';
  for (let i = 0; i < words; i++) {
    const word = random.next();
    text += hexPairs[word >>> 16]! + hexPairs[word & 0xffff]!;
  }
  return text;
}
