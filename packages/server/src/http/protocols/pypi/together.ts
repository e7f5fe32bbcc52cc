/** Asks for the same work on one of several things. Resolves when work that began after the call is done. */
export type Together<T> = (key: number, item: T) => Promise<void>;

/**
 * Do for all who ask at once what one could do for each: while it is being done, those who come wait for the next time, and
 * that is one for all of them.
 *
 * @param work takes what those asked with for whom it is done.
 */
export function together<T>(work: (key: number, items: readonly T[]) => Promise<void>): Together<T> {
  const running = new Map<number, Promise<void>>();
  const waiting = new Map<number, { items: T[]; done: Promise<void> }>();

  function begin(key: number, items: readonly T[]): Promise<void> {
    const done = work(key, items).finally(() => {
      if (running.get(key) === done) running.delete(key);
    });
    running.set(key, done);
    return done;
  }

  return (key, item) => {
    const next = waiting.get(key);
    if (next) {
      next.items.push(item);
      return next.done;
    }
    const now = running.get(key);
    if (!now) return begin(key, [item]);
    const items = [item];
    const done = now
      .catch(() => {})
      .then(() => {
        waiting.delete(key);
        return begin(key, items);
      });
    waiting.set(key, { items, done });
    return done;
  };
}
