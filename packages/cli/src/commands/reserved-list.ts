import type { Schemas } from '@sluice/api-client';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { instant } from '../views/amounts.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['ReservedName']>;

export const usage: Usage = {
  words: 'reserved list',
  summary: 'List the names that mirrors never bring in (administrators)',
};

export function run(context: Context): Promise<Data> {
  return answer(ownSignIn(context).GET('/api/reserved-names'));
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'reserved name',
        heads: ['NAME', 'SINCE', 'BY', 'NOTE'],
        row: (one) => [one.pattern, instant(one.created_at), one.created_by, one.note],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
