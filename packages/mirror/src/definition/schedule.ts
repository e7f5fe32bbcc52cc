import { Cron } from 'croner';

/** Schedules that have a name, all at midnight or at the full hour. */
export const frequencies = {
  hourly: '0 * * * *',
  daily: '0 0 * * *',
  weekly: '0 0 * * 0',
  monthly: '0 0 1 * *',
  yearly: '0 0 1 1 *',
} as const;

export type Frequency = keyof typeof frequencies;

/** When a mirror runs if nobody says otherwise: at midnight on the first day of each month. */
export const defaultCron = frequencies.monthly;
export const defaultTimeZone = 'UTC';

/** Five fields for what somebody wrote as a schedule: these themselves, or the name of a {@link Frequency}, also as `@daily`. */
export function cronOf(text: string): string {
  const name = text.trim().replace(/^@/, '').toLowerCase();
  return isFrequency(name) ? frequencies[name] : text.trim().replace(/\s+/g, ' ');
}

/** The name of a schedule; null when it has none. */
export function frequencyOf(cron: string): Frequency | null {
  return (Object.keys(frequencies) as Frequency[]).find((name) => frequencies[name] === cron) ?? null;
}

function isFrequency(text: string): text is Frequency {
  return Object.hasOwn(frequencies, text);
}

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
