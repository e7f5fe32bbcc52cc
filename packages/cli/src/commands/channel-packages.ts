import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Artifact']>;

export const usage: Usage = {
  words: 'channel packages',
  summary: 'List the packages that a channel shows',
  arguments: [channelArgument()],
  options: [new Option('--query <text>', 'only with this in their name'), ...pagingOptions],
};

export function run({ api }: Context, input: PagingInput & { channel: string; query?: string }): Promise<Data> {
  const { channel, query: q } = input;
  return gather(input, (page) => {
    const query = { ...page, ...(q === undefined ? {} : { q }) };
    return answer(api.GET('/api/channels/{channel}/artifacts', { params: { path: { channel }, query } }));
  });
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'package',
        heads: ['PACKAGE', 'VERSION', 'FILES', 'LICENSE', 'SUBDIRS'],
        row: ({ name, file_count, metadata }) => [
          name,
          metadata.version,
          file_count,
          metadata.license,
          metadata.subdirs.join(', '),
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
