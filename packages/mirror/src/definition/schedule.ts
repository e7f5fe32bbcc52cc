import { Cron } from 'croner';

/** When a mirror runs if nobody says otherwise: at midnight on the first day of each month. */
export const defaultCron = '0 0 1 * *';
export const defaultTimeZone = 'UTC';

/** Why a schedule cannot be used, or undefined when it can. */
export function scheduleFault(cron: string, timeZone: string, now: Date): 'cron' | 'time_zone' | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    return 'time_zone';
  }
  try {
    return nextRunAfter(cron, timeZone, now) === null ? 'cron' : undefined;
  } catch {
    return 'cron';
  }
}

/**
 * The next instant at which a five-field cron expression fires in a time zone, strictly after `after`; null for never.
 *
 * At a change of clocks a local time that is skipped fires right after the gap, and one that comes twice fires once.
 */
export function nextRunAfter(cron: string, timeZone: string, after: Date): Date | null {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true }).nextRun(after);
}
