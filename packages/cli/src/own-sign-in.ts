import type { ApiClient } from '@sluice/api-client';
import type { Context } from './command.ts';
import { connect } from './connect.ts';
import { CliError } from './errors.ts';

/**
 * The server as the account itself, for what no token may do: to look after tokens and the whole installation. That is `SLUICE_TOKEN`, which may hold
 * a session, else the session of the last sign-in.
 *
 * @throws {CliError} `sign_in_needed`.
 */
export function ownSignIn({ io, site }: Pick<Context, 'io' | 'site'>): ApiClient {
  if (site.signedInBy === 'SLUICE_TOKEN') return connect(site);
  const { session, session_expires_at } = site.signIn ?? {};
  if (session !== undefined && session_expires_at !== undefined && new Date(session_expires_at) > io.now()) {
    return connect({ url: site.url, token: session });
  }
  throw new CliError(
    'sign_in_needed',
    'No token may do this: it needs a sign-in with name and password of the last hours.',
    {
      found: session === undefined ? 'no sign-in' : `one that ended at ${session_expires_at}`,
      next: `npx sluice login --url ${site.url}`,
    },
  );
}
