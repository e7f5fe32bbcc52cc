/** So many may do something at once; who comes later waits for its turn. */
export interface Slots {
  take(): Promise<void>;
  give(): void;
  /** Do it with a slot taken. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

/** Slots, all of them free. */
export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  async function take(): Promise<void> {
    if (free === 0) return new Promise((resolve) => void waiting.push(resolve));
    free--;
  }
  function give(): void {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
  return {
    take,
    give,
    async during(work) {
      await take();
      try {
        return await work();
      } finally {
        give();
      }
    },
  };
}
