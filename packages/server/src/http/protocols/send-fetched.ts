import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServedFile } from '@sluice/publish';
import type { Rooms } from '../../compose.ts';
import { ServerError } from '../../errors.ts';

export async function sendFetched(
  _rooms: Rooms,
  _served: ServedFile,
  _request: IncomingMessage,
  _response: ServerResponse,
): Promise<void> {
  throw new ServerError('unavailable', 'not yet');
}
