import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Event']>;

export const usage: Usage = {
  words: 'channel history',
  summary: 'List what happened in a channel, the newest first',
  arguments: [channelArgument()],
  options: pagingOptions,
};

export function run({ api }: Context, input: PagingInput & { channel: string }): Promise<Data> {
  const path = { channel: input.channel };
  return gather(input, (query) => answer(api.GET('/api/channels/{channel}/history', { params: { path, query } })));
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'event',
        heads: ['ID', 'WHEN', 'WHO', 'EVENT', 'SUBJECT'],
        row: ({ event_id, created, event_type, meta }) => [
          event_id,
          instant(created),
          meta.actor,
          event_type,
          meta.subject,
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
