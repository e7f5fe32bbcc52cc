import type { IncomingMessage } from 'node:http';
import type { ChannelRow } from '@sluice/catalog';
import { channelVerdict, type Principal } from '@sluice/identity';
import { ServerError } from '../../errors.ts';
import type { Remembered } from '../remembered.ts';

/** What the gate asks. */
export interface ChannelGateDeps {
  channels: Remembered<string, ChannelRow | undefined>;
  principalOf: (request: IncomingMessage) => Promise<Principal>;
}

/**
 * The channel of a client's request, if whoever asks may download from it.
 *
 * @throws {ServerError} `unauthenticated` to anonymous for every name that is not public, existing or not; `not_found` to
 *   who is signed in and may not read it; `forbidden` when a token lacks the scope. design.md §7 no. 8.
 */
export async function readableChannel(
  { channels, principalOf }: ChannelGateDeps,
  request: IncomingMessage,
  path: string,
): Promise<ChannelRow> {
  const channel = await channels.get(path);
  const verdict = channelVerdict(await principalOf(request), 'artifact:download', channel);
  if (verdict === 'allowed') return channel as ChannelRow;
  if (verdict === 'unauthenticated') {
    throw new ServerError(
      'unauthenticated',
      `Sign in to read ${path}: put a token in the URL (/t/<token>/) or in your client's credentials.`,
    );
  }
  if (verdict === 'forbidden') throw new ServerError('forbidden', `Your token may not download from ${path}.`);
  throw new ServerError('not_found', `There is no channel ${path} that you may read.`);
}
