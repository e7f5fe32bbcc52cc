/** What was worked out last, and when it was begun or done. */
interface Known<T> {
  answer: Promise<T>;
  since: number;
}

/**
 * Long work that many may ask for at once, and page by page, is done once: who asks while it goes on, or within a minute, gets what
 * comes of it.
 *
 * @param entries so many answers are kept, since each may be large.
 * @returns asks for what `work` does; equal keys are equal work.
 */
export function onceAWhile<T>(
  now: () => Date,
  { keep_ms = 60_000, entries = 2 } = {},
): (key: string, work: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Known<T>>();
  return (key, work) => {
    const time = now().getTime();
    for (const [one, { since }] of known) if (Math.abs(time - since) >= keep_ms) known.delete(one);
    const before = known.get(key);
    if (before) return before.answer;
    const answer = work();
    const entry = { answer, since: time };
    known.set(key, entry);
    answer.then(
      () => {
        entry.since = now().getTime();
      },
      () => known.get(key) === entry && known.delete(key),
    );
    if (known.size > entries) known.delete(known.keys().next().value!);
    return answer;
  };
}
