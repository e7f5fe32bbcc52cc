/** SQLSTATEs of a server that shuts down, starts up or takes no more connections; class 08 is "connection exception". */
const states = new Set(['57P01', '57P02', '57P03', '53300']);
const systemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * Whether a query failed because the database is away for the moment, as far as the error says by code: the same query may
 * succeed later. A connection that breaks under a running query gives `pg` no code; ask {@link ping} then.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as Error & { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string') return false;
  // A Unix socket that is not there yet.
  if (code === 'ENOENT') return syscall === 'connect';
  return states.has(code) || systemCodes.has(code) || /^08...$/.test(code);
}
