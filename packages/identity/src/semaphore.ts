/** Runs a task once a place is free, in the order of asking. */
export type Semaphore = <T>(task: () => Promise<T>) => Promise<T>;

/** A semaphore of `places` tasks at a time. */
export function createSemaphore(places: number): Semaphore {
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (places > 0) places -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, so nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) places += 1;
      else next();
    }
  };
}
