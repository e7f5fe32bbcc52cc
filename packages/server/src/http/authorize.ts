import {
  ANONYMOUS,
  accountVerdict,
  type ChannelAccess,
  type ChannelAction,
  channelVerdict,
  type GlobalAction,
  globalVerdict,
  type Principal,
  type SignedIn,
  systemVerdict,
  type Verdict,
} from '@sluice/identity';
import { ServerError } from '../errors.ts';

/** The principal, who must be somebody. @throws {ServerError} `unauthenticated`. */
export function signedIn(principal: Principal): SignedIn {
  if (principal.kind === 'account') return principal;
  throw unauthenticated(principal);
}

/** The principal, who must have signed in itself rather than by a token. @throws {ServerError} `unauthenticated`, `forbidden`. */
export function ownAccount(principal: Principal): SignedIn {
  const account = signedIn(principal);
  if (accountVerdict(account) === 'allowed') return account;
  throw new ServerError('forbidden', 'A token cannot do this; sign in with name and password (POST /api/auth/login).');
}

/** The principal, who must be an administrator who signed in itself. @throws {ServerError} `unauthenticated`, `forbidden`. */
export function administrator(principal: Principal): SignedIn {
  const account = ownAccount(principal);
  if (systemVerdict(account) === 'allowed') return account;
  throw new ServerError('forbidden', 'Only administrators may do this.', { wanted: 'the role admin' });
}

/** A route's `onRequest` that refuses who does not pass the check, before anything of the request is validated. */
export function needs(check: (principal: Principal) => unknown): (request: { principal: Principal }) => Promise<void> {
  return async (request) => void check(request.principal);
}

/**
 * Refuse unless the principal may do this in the channel. `channel` is undefined when there is none of that name, and
 * then the refusal is the same as for one the principal may not see.
 *
 * @throws {ServerError} `unauthenticated`, `not_found`, `forbidden`.
 */
export function mustHoldInChannel<C extends ChannelAccess>(
  principal: Principal,
  action: ChannelAction,
  channel: C | undefined,
  path: string,
): asserts channel is C {
  refuseUnless(channelVerdict(principal, action, channel), principal, action, `a channel "${path}"`);
}

/** Refuse by a verdict on showing one channel in another. @throws {ServerError} `unauthenticated`, `not_found`, `forbidden`. */
export function mustLayer(verdict: Verdict, principal: Principal, below: string): void {
  refuseUnless(verdict, principal, `manage ${below}`, `a channel "${below}"`);
}

/** Refuse unless the principal may do this. @throws {ServerError} `unauthenticated`, `forbidden`. */
export function mustHold(principal: Principal, action: GlobalAction): void {
  refuseUnless(globalVerdict(principal, action), principal, action, action);
}

function refuseUnless(verdict: Verdict, principal: Principal, action: string, thing: string): void {
  if (verdict === 'allowed') return;
  if (verdict === 'unauthenticated') throw unauthenticated(principal);
  if (verdict === 'hidden')
    throw new ServerError('not_found', `There is no ${thing.replace(/^a /, '')} that you can see.`);
  const detail = `You may not do this here: it asks for "${action}". Ask whoever manages it, or use a token that carries it.`;
  throw new ServerError('forbidden', detail, { wanted: action });
}

function unauthenticated(principal: Principal): ServerError {
  const shown = principal.kind === 'anonymous' && principal.invalid;
  const detail = shown
    ? 'The sign-in or token of this request is unknown, expired or revoked; sign in again or use another token.'
    : 'This needs a sign-in: send a token (X-Auth, Authorization: Bearer, Basic, or /t/<token>/ in the path).';
  return new ServerError('unauthenticated', detail, { found: shown ? 'an invalid credential' : ANONYMOUS.kind });
}
