import { InvalidArgumentError, Option } from 'commander';

/** What can be said of a notice on the command line. */
export interface NoticeFlags {
  level?: 'info' | 'warning' | 'critical';
  /** An instant, or `never`. */
  expires?: string;
  draft?: boolean;
  publish?: boolean;
}

/** The options of {@link NoticeFlags}. */
export const noticeOptions: readonly Option[] = [
  new Option('--level <level>', 'how much it matters').choices(['info', 'warning', 'critical']),
  new Option('--expires <when>', 'last day (2026-12-31, UTC) or instant it is shown; never: until withdrawn').argParser(
    parseExpiry,
  ),
  new Option('--draft', 'do not show it to clients').conflicts('publish'),
  new Option('--publish', 'show it to clients'),
];

/** The fields of a notice that the flags set. */
export function noticeFields({ level, expires, draft, publish }: NoticeFlags) {
  return {
    ...(level === undefined ? {} : { level }),
    ...(expires === undefined ? {} : { expires_at: expires === 'never' ? null : expires }),
    ...(draft ? { published: false } : publish ? { published: true } : {}),
  };
}

function parseExpiry(text: string): string {
  if (text === 'never') return text;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const instant = new Date(isDay ? `${text}T23:59:59Z` : text);
  if (Number.isNaN(instant.getTime()) || (isDay && !instant.toISOString().startsWith(text))) {
    throw new InvalidArgumentError('Give a day such as 2026-12-31, an instant such as 2026-12-31T18:00Z, or never.');
  }
  return instant.toISOString();
}
