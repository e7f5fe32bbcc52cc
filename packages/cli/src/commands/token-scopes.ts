import type { Schemas } from '@sluice/api-client';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { plain } from '../views/view.ts';

type Data = Schemas['Scopes'];

export const usage: Usage = { words: 'token scopes', summary: 'List what a token may be allowed to do' };

export function run({ api }: Context): Promise<Data> {
  return answer(api.GET('/api/account/scopes'));
}

export const views = {
  human: ({ scopes }: Data): string => scopes.map(plain).join('\n'),
  json: (data: Data): unknown => data,
};
