import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { type ChannelFlags, channelArgument, channelFields } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { commaListOption, repeatedOption } from '../list-option.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { count } from '../views/amounts.ts';
import { brokenHeads, brokenRow } from '../views/dependencies.ts';
import { pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Closure'] & { offset: number };
type Input = PagingInput & ChannelFlags & { channel: string; rules?: boolean };

export const usage: Usage = {
  words: 'channel closure',
  summary: 'List the packages that depend on what a channel does not have; with filters, what these would leave so',
  arguments: [channelArgument()],
  options: [
    new Option('--rules', 'only what a rule took out, not what the sources never had'),
    commaListOption('--licenses <list>', 'try this filter: -gpl3 leaves out, mit keeps only'),
    repeatedOption('--exclude-spec <spec>', 'try this filter: leave out what matches'),
    repeatedOption('--include-spec <spec>', 'try this filter: show what the two above took out'),
    ...pagingOptions,
  ],
  examples: ['channel closure team-a', "channel closure team-a --exclude-spec 'openssl <3'"],
};

export async function run({ api }: Context, input: Input): Promise<Data> {
  const { channel } = input;
  const whole: Pick<Data, 'is_closed' | 'packages'>[] = [];
  const before = isTrial(input)
    ? await answer(api.GET('/api/channels/{channel}', { params: { path: { channel } } }))
    : undefined;
  const { filters } = channelFields(input, before?.filters);
  const page = await gather(input, async (paging) => {
    const closure = filters
      ? await answer(
          api.POST('/api/channels/{channel}/closure', {
            params: { path: { channel }, query: paging },
            body: { filters },
          }),
        )
      : await answer(
          api.GET('/api/channels/{channel}/closure', {
            params: { path: { channel }, query: { ...paging, by: input.rules ? 'rules' : 'all' } },
          }),
        );
    whole.push(closure);
    return closure;
  });
  const { is_closed, packages } = whole.at(-1)!;
  return { is_closed, packages, ...page };
}

function isTrial({ licenses, excludeSpec, includeSpec }: Input): boolean {
  return licenses !== undefined || excludeSpec !== undefined || includeSpec !== undefined;
}

export const views = {
  human: (data: Data, view: View): string =>
    data.is_closed
      ? 'Nothing is missing.'
      : [
          `${count(data.packages, 'package')} without something to depend on.`,
          pageView(data, { noun: 'unmet spec', heads: brokenHeads, row: brokenRow }, view),
        ].join('\n\n'),
  json: ({ offset: _, ...data }: Data): unknown => data,
};
