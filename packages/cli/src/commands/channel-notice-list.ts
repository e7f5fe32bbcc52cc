import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Notice']>;

export const usage: Usage = {
  words: 'channel notice list',
  summary: 'List the notices of a channel, drafts too',
  arguments: [channelArgument()],
  options: pagingOptions,
};

export function run({ api }: Context, input: PagingInput & { channel: string }): Promise<Data> {
  const path = { channel: input.channel };
  return gather(input, (query) => answer(api.GET('/api/channels/{channel}/notices', { params: { path, query } })));
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'notice',
        heads: ['NOTICE', 'LEVEL', 'EXPIRES', 'MESSAGE'],
        row: (one) => [
          one.id,
          one.published ? one.level : `${one.level} (draft)`,
          instant(one.expires_at),
          one.message,
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
