/** For how many days publications are kept. */
export interface RetentionDays {
  /** All that were the head within so many days; at least {@link leastDays}, so that clients with an older index find its shards. */
  all_days: number;
  /** Of each UTC day before that the last one, for so many days. */
  daily_days: number;
}

/** What holds where nobody says otherwise. */
export const usualRetention: RetentionDays = { all_days: 30, daily_days: 365 };

/** Superseded shards are kept for a week whatever the setting says (CEP 16). */
export const leastDays = 7;

/** A publication as retention looks at it. */
export interface KeepablePublication {
  no: number;
  created_at: Date;
}

/** Numbers that are kept whatever their age. */
export interface NeededNumbers {
  head: number;
  monolith: number;
  pinned: Iterable<number>;
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Which of a channel's publications are kept: the head, the monolith's and the pinned ones; those that were the head
 * within the last `all_days`; of those within `daily_days` the last of each UTC day.
 *
 * A publication's age counts from when the next one took its place: one that was the head for a year and was superseded a
 * minute ago is what clients know.
 *
 * @param publications by number, ascending. Those dropped before are missing, which may keep one longer and none less long.
 * @returns the numbers, ascending.
 */
export function keptPublications(
  publications: readonly KeepablePublication[],
  needed: NeededNumbers,
  days: RetentionDays,
  now: Date,
): number[] {
  const always = new Set([needed.head, needed.monolith, ...needed.pinned]);
  const allSince = now.getTime() - Math.max(days.all_days, leastDays) * dayMs;
  const dailySince = now.getTime() - Math.max(days.daily_days, days.all_days, leastDays) * dayMs;
  return publications
    .filter(({ no, created_at }, i) => {
      const next = publications[i + 1];
      if (always.has(no) || next === undefined) return true;
      const ended = next.created_at.getTime();
      if (ended > allSince) return true;
      return ended > dailySince && dayOf(created_at) !== dayOf(next.created_at);
    })
    .map(({ no }) => no);
}

function dayOf(time: Date): number {
  return Math.floor(time.getTime() / dayMs);
}
