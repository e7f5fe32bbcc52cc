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

/** What clients do at a door. */
type DoorAction = 'artifact:download' | 'artifact:create';

const words = {
  'artifact:download': { verb: 'read', may: 'download from' },
  'artifact:create': { verb: 'upload to', may: 'upload to' },
} as const satisfies Record<DoorAction, unknown>;

/**
 * The channel of a client's request, if whoever asks may do this there.
 *
 * @throws {ServerError} `unauthenticated` to anonymous for every name that is not public, existing or not; `not_found` to
 *   who is signed in and may not read it; `forbidden` to who may read it, or has a token without the scope. design.md §7 no. 8.
 */
export async function permittedChannel(
  { channels, principalOf }: ChannelGateDeps,
  request: IncomingMessage,
  path: string,
  action: DoorAction,
): Promise<ChannelRow> {
  const channel = await channels.get(path);
  const principal = await principalOf(request);
  const verdict = channelVerdict(principal, action, channel);
  if (verdict === 'allowed') return channel as ChannelRow;
  const { verb, may } = words[action];
  if (verdict === 'unauthenticated') {
    const isInvalid = principal.kind === 'anonymous' && principal.invalid;
    const why = isInvalid ? 'The sign-in or token of this request is unknown, expired or revoked. ' : '';
    throw new ServerError(
      'unauthenticated',
      `${why}Sign in to ${verb} ${path}: put a token in the URL (/t/<token>/) or in your client's credentials.`,
    );
  }
  if (verdict === 'forbidden') {
    throw new ServerError('forbidden', `You, or the token you use, may not ${may} ${path}.`);
  }
  throw new ServerError('not_found', `There is no channel ${path} that you may read.`);
}
