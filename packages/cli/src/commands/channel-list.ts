import type { Schemas } from '@sluice/api-client';
import { Argument, Option } from 'commander';
import { channelPathOf } from '../channel-flags.ts';
import { parseChannelPath } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Channel']>;

export const usage: Usage = {
  words: 'channel list',
  summary: 'List the channels you may see, or the subchannels of one',
  arguments: [new Argument('[channel]', 'whose subchannels').argParser(parseChannelPath)],
  options: [new Option('--query <text>', 'only with this in name or description'), ...pagingOptions],
};

export function run({ api }: Context, input: PagingInput & { channel?: string; query?: string }): Promise<Data> {
  const { channel, query: q } = input;
  return gather(input, (page) => {
    const query = { ...page, ...(q === undefined ? {} : { q }) };
    return channel === undefined
      ? answer(api.GET('/api/channels', { params: { query } }))
      : answer(api.GET('/api/channels/{channel}/subchannels', { params: { path: { channel }, query } }));
  });
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'channel',
        heads: ['CHANNEL', 'PRIVACY', 'PACKAGES', 'FILES', 'MIRRORS', 'DESCRIPTION'],
        row: (one) => [
          channelPathOf(one) + (one.indexing_behavior === 'frozen' ? ' (frozen)' : ''),
          one.privacy,
          one.artifact_count,
          one.file_count,
          one.mirror_count,
          one.description,
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
