import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { stateText } from '../views/import.ts';
import { type Page, pageView } from '../views/page.ts';
import { table } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Bundle']> & { watched: Schemas['WatchedFile'][] };

export const usage: Usage = {
  words: 'bundle list',
  summary: 'List bundles that were made here or brought in, and what lies in the watched folder',
  options: [
    new Option('--direction <direction>', 'only those').choices(['out', 'in']),
    new Option('--series <name>', 'only those of a series'),
    ...pagingOptions,
  ],
};

export async function run(
  { api }: Context,
  input: PagingInput & { direction?: 'in' | 'out'; series?: string },
): Promise<Data> {
  const { direction, series } = input;
  const page = await gather(input, (query) =>
    answer(api.GET('/api/bundles', { params: { query: { ...query, direction, series } } })),
  );
  // Not for everybody: whoever may not see the folder sees his bundles.
  const watched = direction === 'out' ? undefined : (await api.GET('/api/bundles/watched')).data;
  return { ...page, watched: watched?.items ?? [] };
}

export const views = {
  human: (data: Data, view: View): string => {
    const list = pageView(
      data,
      {
        noun: 'bundle',
        heads: ['', 'BUNDLE', 'BASE', 'STATE', 'CREATED', 'CHANNELS', 'ERROR'],
        row: (bundle) => [
          bundle.direction,
          `${bundle.series} ${bundle.serial}`,
          bundle.base,
          stateText(bundle),
          instant(bundle.created_at),
          bundle.channels.map(({ channel }) => channel).join(' '),
          bundle.error?.code,
        ],
      },
      view,
    );
    const noted = data.watched.filter(({ status }) => status !== 'taken');
    if (noted.length === 0) return list;
    const rows = noted.map(({ name, status, message }) => [name, status, message]);
    return [list, '', 'In the watched folder:', table(['FILE', 'STATUS', 'WHY'], rows, view)].join('\n');
  },
  json: (data: Data): unknown => data,
};
