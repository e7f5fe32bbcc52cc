/** What `read` makes of each of some things, in their order. The next one is read while the last one is worked on. */
export async function* readAhead<T, R>(things: Iterable<T>, read: (thing: T) => Promise<R>): AsyncGenerator<R> {
  let next: Promise<R> | undefined;
  try {
    for (const thing of things) {
      const last = next;
      if (last) await last;
      next = read(thing);
      next.catch(() => {});
      if (last) yield await last;
    }
    if (next) yield await next;
  } finally {
    // Whoever stops early must not leave a read behind that nobody waits for.
    await next?.catch(() => {});
  }
}
