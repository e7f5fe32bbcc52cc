import { PolicyError } from '../errors.ts';
import type { Rule } from '../rule.ts';

const dayMs = 86_400_000;

/**
 * Was this file built within the days `from` … `to` (`YYYY-MM-DD`, UTC, both included; either may be absent)?
 *
 * A file that does not say when it was built is denied: a date rule is a security rule, and it fails closed.
 *
 * @throws {PolicyError} `rule_invalid` for a day that does not exist.
 */
export function dateRule(from: string | undefined, to: string | undefined): Rule {
  const start = from === undefined ? Number.NEGATIVE_INFINITY : parseDay(from);
  const end = to === undefined ? Number.POSITIVE_INFINITY : parseDay(to) + dayMs;
  return {
    code: 'date',
    scope: 'mirror',
    text: [from && `date_from: ${from}`, to && `date_to: ${to}`].filter(Boolean).join(', '),
    remedy: 'Choose a build within the range, or ask the owner of the mirror to widen it.',
    prepare: ({ timestamp }) => ({
      // Written so that NaN, an unknown build time, denies.
      denies: (i) => !(timestamp[i]! >= start && timestamp[i]! < end),
      evidence: (i) =>
        Number.isNaN(timestamp[i]!)
          ? 'the package does not say when it was built'
          : `it was built on ${new Date(timestamp[i]!).toISOString().slice(0, 10)}`,
    }),
  };
}

/** The first instant of a day, in ms. @throws {PolicyError} `rule_invalid` */
function parseDay(text: string): number {
  if (isDay(text)) return Date.parse(`${text}T00:00:00Z`);
  throw new PolicyError('rule_invalid', `"${text}" is not a day; write it as YYYY-MM-DD, e.g. 2026-02-28.`, {
    wanted: 'YYYY-MM-DD',
    found: text,
  });
}

/** Whether a text is a day of the calendar, written `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}
