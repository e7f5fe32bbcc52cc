/** A look counts for no more than this, however long ago the last one was. */
const most_ms = 100;

/**
 * A clock for how long something took: it stands still while the machine does, or this process gets no turn, so that a bound on
 * it speaks of what was waited for. Look at it often, as a loop with short naps does.
 *
 * @returns the milliseconds since then.
 */
export function wakingTime(now: () => number = () => performance.now()): () => number {
  let [passed, last] = [0, now()];
  return () => {
    const current = now();
    passed += Math.min(current - last, most_ms);
    last = current;
    return passed;
  };
}
