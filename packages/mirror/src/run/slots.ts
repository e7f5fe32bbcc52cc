/** So many may do something at once; who comes later waits for its turn. */
export interface Slots {
  take(): Promise<void>;
  give(): void;
}

/** Slots, all of them free. */
export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    async take() {
      if (free === 0) return new Promise((resolve) => void waiting.push(resolve));
      free--;
    },
    give() {
      const next = waiting.shift();
      if (next) next();
      else free++;
    },
  };
}
