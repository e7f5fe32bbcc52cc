/** How fast something grows, over the last seconds. */
export interface Rate {
  /** Note how far it is at a time in ms. @returns so much a second, over the window. */
  at(ms: number, value: number): number;
}

/** Measure over a window of so many ms. A value that falls begins anew. */
export function rateOver(windowMs: number): Rate {
  let samples: { ms: number; value: number }[] = [];
  return {
    at(ms, value) {
      const last = samples.at(-1);
      if (last && value < last.value) samples = [];
      samples.push({ ms, value });
      // The newest one that is older than the window stays: what lies before it does not count.
      while (samples.length > 2 && samples[1]!.ms <= ms - windowMs) samples.shift();
      const first = samples[0]!;
      return ms > first.ms ? ((value - first.value) * 1000) / (ms - first.ms) : 0;
    },
  };
}

/** Seconds until `total` at this rate; null when that cannot be told. */
export function secondsLeft(done: number, total: number, perSecond: number): number | null {
  if (total <= 0 || done >= total || perSecond <= 0) return null;
  const seconds = (total - done) / perSecond;
  return seconds > 366 * 86_400 ? null : Math.ceil(seconds);
}
