import { PublishError } from './errors.ts';

/** Which publication of a channel is meant, as somebody wrote it. */
export type Ref =
  | { kind: 'head' }
  | { kind: 'number'; no: number }
  /** The newest publication that was made before this instant. */
  | { kind: 'before'; instant: Date }
  | { kind: 'pin'; name: string };

const wantedRef = 'a number (12), a date (2026-11-01), a time (2026-11-01T10:00:00Z) or the name of a pin';
/** Words that stand for something else where a ref may stand. */
const reservedNames: ReadonlySet<string> = new Set(['head', 'compare']);
const wantedPin = `a lower-case letter, then at most 63 lower-case letters, digits, . _ and -; not ${[...reservedNames].join(' or ')}`;

const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const extended = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?$/i;
const basic = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(?:(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{4})?$/i;

/**
 * Read how a publication is named in a path (`<channel>@<ref>`) or a query.
 *
 * A date or a time reaches to the end of what it names, so a time as it stands in a list finds what it stands beside:
 * `2026-11-01` is the last publication of that day or, when there was none, of the days before; `…T10:00:00Z` has all of that
 * second. Both are UTC unless an offset says otherwise. `20261101T100000Z` is the same without signs that some clients quote.
 *
 * @throws {PublishError} `ref_malformed`.
 */
export function parseRef(text: string): Ref {
  if (text === 'head') return { kind: 'head' };
  if (/^\d{1,9}$/.test(text)) return { kind: 'number', no: Number(text) };
  const instant = endOf(text);
  if (instant) return { kind: 'before', instant };
  if (isPinName(text)) return { kind: 'pin', name: text };
  const found = JSON.stringify(text.slice(0, 80));
  throw new PublishError('ref_malformed', `${found} names no publication: wanted ${wantedRef}.`, {
    wanted: wantedRef,
    found,
  });
}

/**
 * Check the name of a new pin. It begins with a letter, so that it is never taken for a number or a date, and is written in
 * a URL as it is.
 *
 * @throws {PublishError} `pin_name`.
 */
export function checkPinName(text: string): string {
  if (isPinName(text)) return text;
  const found = JSON.stringify(text.slice(0, 80));
  throw new PublishError('pin_name', `${found} cannot name a pin: wanted ${wantedPin}.`, { wanted: wantedPin, found });
}

function isPinName(text: string): boolean {
  return /^[a-z][a-z0-9._-]{0,63}$/.test(text) && !reservedNames.has(text);
}

/** The first instant after the day, minute, second or millisecond that a text names; undefined when it names none. */
function endOf(text: string): Date | undefined {
  const match = date.exec(text) ?? extended.exec(text) ?? basic.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const start = new Date(0);
  start.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  start.setUTCHours(Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0), Number(fraction.padEnd(3, '0')));
  const offset = offsetMinutes(zone);
  // A 31 November rolls over into December: then it was no day.
  const real = start.getUTCMonth() === Number(month) - 1 && start.getUTCDate() === Number(day);
  if (!real || Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined;
  if (offset === undefined) return undefined;
  return new Date(start.getTime() - offset * 60_000 + lengthOf(hour, second, fraction));
}

/** Milliseconds of the least thing that is named. */
function lengthOf(hour: string | undefined, second: string | undefined, fraction: string): number {
  if (hour === undefined) return 86_400_000;
  if (second === undefined) return 60_000;
  return 1000 / 10 ** fraction.length;
}

function offsetMinutes(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
