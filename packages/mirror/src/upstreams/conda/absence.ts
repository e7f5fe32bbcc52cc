/** How long an upstream's word is believed that it does not have something, in ms. Not for ever: it may get it. */
export const absenceMs = {
  zst: 7 * 24 * 3600 * 1000,
  shards: 24 * 3600 * 1000,
  runExports: 24 * 3600 * 1000,
};

/** Whether it need not be asked now. */
export function isBelieved(since: Date | null | undefined, now: Date, forMs: number): since is Date {
  return since != null && now.getTime() - since.getTime() < forMs;
}

/** Since when something is absent that is absent now: since before, if that is still believed and so was not asked. */
export function stillSince(since: Date | null | undefined, now: Date, forMs: number): Date {
  return isBelieved(since, now, forMs) ? since : now;
}
