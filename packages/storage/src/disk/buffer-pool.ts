/** Pairs of buffers of one size, lent and given back. */
export type BufferPool = {
  /** Size of each buffer of a pair. */
  readonly bytes: number;
  /** A pair to alternate, or `undefined` when all are lent: take smaller buffers of your own then. */
  takePair(): BufferPair | undefined;
  /** Only when nobody can still write into it or read from it. */
  give(pair: BufferPair): void;
  /** The system may still use the pair: leave it to the garbage collector, and make room for another. */
  lose(): void;
};

/** Two buffers of the pool's size. */
export type BufferPair = readonly [Buffer, Buffer];

/** At most `pairs` pairs of buffers of `bytes` exist at a time; each is made when first needed. */
export function createBufferPool(bytes: number, pairs: number): BufferPool {
  const idle: BufferPair[] = [];
  let made = 0;
  return {
    bytes,
    takePair() {
      const pair = idle.pop();
      if (pair !== undefined || made === pairs) return pair;
      made += 1;
      return [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)];
    },
    give(pair) {
      idle.push(pair);
    },
    lose() {
      made -= 1;
    },
  };
}
