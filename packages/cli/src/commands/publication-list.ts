import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { type Page, pageView } from '../views/page.ts';
import { publicationMarks, publishedAt } from '../views/publication.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Publication']>;

export const usage: Usage = {
  words: 'publication list',
  summary: 'List what a channel has published and keeps, the newest first',
  arguments: [channelArgument()],
  options: [new Option('--pinned', 'only those with a name'), ...pagingOptions],
};

export function run({ api }: Context, input: PagingInput & { channel: string; pinned?: boolean }): Promise<Data> {
  const path = { channel: input.channel };
  return gather(input, (page) => {
    const query = { ...page, ...(input.pinned ? { pinned: 'true' } : {}) };
    return answer(api.GET('/api/channels/{channel}/publications', { params: { path, query } }));
  });
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'publication',
        heads: ['NO', 'WHEN', 'CAUSE', 'BY', 'ADDED', 'REMOVED', 'FILES', 'PINS'],
        row: (one) => [
          ...[one.number, publishedAt(one), one.cause, one.actor],
          ...[one.added, one.removed, one.files, publicationMarks(one)],
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
