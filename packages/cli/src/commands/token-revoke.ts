import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { gatherAll } from '../paging.ts';
import { plain } from '../views/view.ts';

interface Data {
  revoked: { id: string; name: string }[];
}

export const usage: Usage = {
  words: 'token revoke',
  summary: 'Revoke tokens; they are refused from then on',
  arguments: [new Argument('<token...>', 'names or ids')],
};

export async function run(context: Context, input: { token: string[] }): Promise<Data> {
  const api = ownSignIn(context);
  const tokens = await gatherAll((query) => answer(api.GET('/api/account/tokens', { params: { query } })));
  const chosen = input.token.map((wanted) => choose(tokens, wanted));
  for (const { id } of chosen) await answer(api.DELETE('/api/account/tokens/{id}', { params: { path: { id } } }));
  return { revoked: chosen.map(({ id, name }) => ({ id, name })) };
}

function choose(tokens: readonly Schemas['Token'][], wanted: string): Schemas['Token'] {
  const byId = tokens.find(({ id }) => id === wanted);
  if (byId) return byId;
  const named = tokens.filter(({ name }) => name === wanted);
  if (named.length === 1) return named[0]!;
  if (named.length > 1) {
    throw new CliError('token_ambiguous', `There are ${named.length} tokens called ${JSON.stringify(wanted)}.`, {
      found: named.map(({ id }) => id).join(', '),
      next: 'Give the id. Nothing was revoked.',
    });
  }
  throw new CliError('token_missing', `You have no token called ${JSON.stringify(wanted)}.`, {
    next: 'npx sluice token list; nothing was revoked.',
  });
}

export const views = {
  human: ({ revoked }: Data): string => revoked.map(({ name }) => `${plain(name)} is revoked.`).join('\n'),
  json: (data: Data): unknown => data,
};
