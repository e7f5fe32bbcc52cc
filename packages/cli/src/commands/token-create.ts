import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import { daysAfter } from '../cli-token.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { type TokenFlags, tokenOptions } from '../token-flags.ts';
import { fields } from '../views/table.ts';
import { tokenPairs } from '../views/token.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['IssuedToken'];

export const usage: Usage = {
  words: 'token create',
  summary: 'Make a token for a program or a client; this is the only time it is shown',
  arguments: [new Argument('<name>', 'what it is for')],
  options: tokenOptions,
  examples: [
    'token create laptop --resource team-a:read',
    'token create ci --scopes artifact:create,channel:view --days 90',
  ],
};

export async function run(context: Context, input: TokenFlags & { name: string }): Promise<Data> {
  const { name, expires, days, scopes, allScopes, resource } = input;
  if (scopes === undefined && !allScopes && resource === undefined) {
    throw new CliError('usage', 'Say what the token may do.', { wanted: '--resource, --scopes or --all-scopes' });
  }
  const api = ownSignIn(context);
  const expires_at = expires ?? daysAfter(context.io.now(), days);
  const grants = resource
    ? { resources: resource }
    : { scopes: scopes ?? (await answer(api.GET('/api/account/scopes'))).scopes };
  return answer(api.POST('/api/account/tokens', { body: { name, expires_at, ...grants } }));
}

export const views = {
  human: (data: Data, view: View): string =>
    `${fields([['token', data.token], ...tokenPairs(data)], view)}\nKeep it now: it is not shown again.`,
  json: (data: Data): unknown => data,
};
