import { excerpt, FormatError } from '../errors.ts';
import { writeJson } from './json.ts';

/** Levels of a channel notice; conda colours them. */
export const noticeLevels = ['info', 'warning', 'critical'] as const;

/** A notice conda shows its users once per id, so the id must stay the same while the notice does. */
export interface Notice {
  id: string;
  /** At most 600 characters. */
  message: string;
  level: (typeof noticeLevels)[number];
  /** Milliseconds. */
  createdAt: number;
  /** Milliseconds, later than `createdAt`. */
  expiresAt: number;
}

/** A notice is a line above somebody's work, not a page. */
const maxMessage = 600;

/**
 * Check a notice and return it.
 *
 * @throws {FormatError} `notice` naming the field.
 */
export function checkNotice(notice: Notice): Notice {
  const { id, message, level, createdAt, expiresAt } = notice;
  const length = [...message].length;
  if (id === '') throw wrong('an id', 'none');
  if (message.trim() === '') throw wrong('a message', 'none');
  if (length > maxMessage) throw wrong(`a message of at most ${maxMessage} characters`, `${length} characters`);
  if (!noticeLevels.includes(level)) throw wrong(`a level of ${noticeLevels.join(', ')}`, excerpt(String(level)));
  if (!isDate(createdAt) || !isDate(expiresAt)) throw wrong('dates up to the year 9999', 'another number');
  if (expiresAt <= createdAt) throw wrong(`a date of expiry after ${isoTime(createdAt)}`, isoTime(expiresAt));
  return notice;
}

/**
 * Write notices.json: the notices that are published and not expired, as the caller chose them. The expiry stands there
 * twice, since conda up to 26.7.0 reads `expired_at`, later ones `expires_at`.
 *
 * @throws {FormatError} `notice`.
 * @see CEP 6 https://conda.org/learn/ceps/cep-0006
 */
export function writeNotices(notices: readonly Notice[]): string {
  return writeJson({
    notices: notices.map(checkNotice).map(({ id, message, level, createdAt, expiresAt }) => ({
      id,
      message,
      level,
      created_at: isoTime(createdAt),
      expires_at: isoTime(expiresAt),
      expired_at: isoTime(expiresAt),
    })),
  });
}

function isDate(milliseconds: number): boolean {
  return milliseconds >= 0 && milliseconds < 253_402_300_800_000;
}

function isoTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function wrong(wanted: string, found: string): FormatError {
  return new FormatError('notice', `A channel notice needs ${wanted}.`, { wanted, found });
}
