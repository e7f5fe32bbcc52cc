import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Conflict = Schemas['FileConflict'];
type Data = Page<Conflict>;

export const usage: Usage = {
  words: 'channel conflicts',
  summary: 'List the files that two mirrors of a channel have with different bytes; the first mirror is shown',
  arguments: [channelArgument()],
  options: [...pagingOptions],
};

export function run({ api }: Context, { channel, ...paging }: PagingInput & { channel: string }): Promise<Data> {
  return gather(paging, (query) =>
    answer(api.GET('/api/channels/{channel}/conflicts', { params: { path: { channel }, query } })),
  );
}

const side = ({ mirror_name, digest }: Conflict['shown']) => `${mirror_name} ${digest.slice(0, 15)}`;

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'conflict',
        heads: ['FILE', 'SHOWN', 'NOT SHOWN', 'SEEN'],
        row: ({ subdir, file, shown, hidden, seen_at }) => [
          `${subdir}/${file}`,
          side(shown),
          side(hidden),
          instant(seen_at),
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
