/**
 * SQLSTATEs of a server that shuts down, starts up, takes no more connections, or ended one that was silent for too long;
 * class 08 is "connection exception".
 */
const states = new Set(['57P01', '57P02', '57P03', '53300', '57P05', '25P03']);
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
 * Whether a query failed because its connection broke or the database is away for the moment: the same query may succeed
 * later. Holds for connections of `connect`, whose errors always say so by code.
 */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as Error & { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string') return false;
  // A Unix socket that is not there yet.
  if (code === 'ENOENT') return syscall === 'connect';
  return states.has(code) || systemCodes.has(code) || /^08...$/.test(code);
}
