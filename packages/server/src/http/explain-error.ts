import type { ServerResponse } from 'node:http';
import { isConnectionLoss } from '@sluice/catalog';
import { ServerError } from '../errors.ts';
import { type ErrorResponse, errorResponse } from './error-response.ts';

/**
 * Translate an error; one that no room foresaw is put down to the database when that is away: 503, try again.
 *
 * @param databaseUp asks the database for a sign of life.
 */
export async function explainError(
  error: unknown,
  requestId: string,
  databaseUp: () => Promise<boolean>,
): Promise<ErrorResponse> {
  const response = errorResponse(error, requestId);
  if (!response.unexpected || (!isConnectionLoss(error) && (await databaseUp()))) return response;
  return errorResponse(unavailable('The database is away for the moment; try again.'), requestId);
}

/** The refusal of a server that will answer soon. */
export function unavailable(message: string): ServerError {
  return new ServerError('unavailable', message, { retry_after_s: 5 });
}

/** What sending fails with when its client has gone: nobody is left to tell, and nothing is wrong. */
const goneCodes: ReadonlySet<unknown> = new Set(['reader_gone', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR']);

/** Whether an answer came to nothing because its client went away. */
export function isClientGone(error: unknown, response: ServerResponse): boolean {
  return response.destroyed && goneCodes.has((error as { code?: unknown } | null)?.code);
}
