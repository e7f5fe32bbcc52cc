/** Long work that many may ask for at once is done once: who asks while it goes on gets what comes of it. */
export function singleFlight<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const flying = new Map<string, Promise<T>>();
  return (key, work) => {
    const known = flying.get(key);
    if (known) return known;
    const begun = work().finally(() => flying.delete(key));
    flying.set(key, begun);
    return begun;
  };
}
