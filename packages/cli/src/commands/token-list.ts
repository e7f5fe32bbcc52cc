import type { Schemas } from '@sluice/api-client';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { type Page, pageView } from '../views/page.ts';
import { grantsText } from '../views/token.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Token']>;

export const usage: Usage = {
  words: 'token list',
  summary: 'List your tokens, the newest first, without their values',
  options: pagingOptions,
};

export async function run(context: Context, input: PagingInput): Promise<Data> {
  const api = ownSignIn(context);
  return gather(input, (query) => answer(api.GET('/api/account/tokens', { params: { query } })));
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'token',
        heads: ['NAME', 'MAY', 'EXPIRES', 'LAST USED'],
        row: (one) => [one.name, grantsText(one), instant(one.expires_at), instant(one.last_used_at)],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
