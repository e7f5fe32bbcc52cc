import { MirrorError } from '../errors.ts';

/** Work that must come to its end within a time. Its signal aborts with an error that says so. */
export async function inTime<T>(limit_ms: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const late = new MirrorError(
    'upstream_unavailable',
    `The upstream did not answer for ${what} within ${limit_ms / 1000} s.`,
    {
      wanted: `an answer within ${limit_ms} ms`,
      found: 'none',
      transient: true,
    },
  );
  const timer = setTimeout(() => own.abort(late), limit_ms);
  try {
    return await work(own.signal);
  } finally {
    clearTimeout(timer);
  }
}
