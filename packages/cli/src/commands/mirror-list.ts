import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { mirrorChannel } from '../find-mirror.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { stateText } from '../views/mirror.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Mirror']>;
type State = NonNullable<Schemas['Mirror']['state']> | 'never';

const states: readonly State[] = ['pending', 'running', 'stopping', 'stopped', 'completed', 'failed', 'never'];
const sorts = [
  'name',
  'channel',
  'type',
  'mode',
  'state',
  'source_root',
  'last_run_at',
  'next_run_at',
  'created_at',
  'updated_at',
] as const;
type Sort = (typeof sorts)[number] | `-${(typeof sorts)[number]}`;

/** What of all mirrors is wanted. */
interface Wish {
  search?: string;
  state?: State;
  type?: string;
  mode?: 'active' | 'passive';
  sort?: Sort;
}

export const usage: Usage = {
  words: 'mirror list',
  summary: 'List the mirrors of a channel or, as an administrator, all there are',
  options: [
    channelOption(),
    new Option('--search <text>', 'only with this in name, channel or source'),
    new Option('--state <state>', 'only whose newest run is so').choices(states),
    new Option('--type <type>', 'only conda, python_simple or CRAN'),
    new Option('--mode <mode>', 'only of this mode').choices(['active', 'passive']),
    new Option('--sort <column>', 'with - in front the other way round').choices(
      sorts.flatMap((sort) => [sort, `-${sort}`]),
    ),
    ...pagingOptions,
  ],
  examples: ['mirror list --state failed --sort=-last_run_at'],
};

export function run({ api }: Context, input: PagingInput & Wish & { channel?: string }): Promise<Data> {
  const { channel, search: q, state, type, mode, sort } = input;
  const wish = {
    ...(q !== undefined && { q }),
    ...(state && { state }),
    ...(type !== undefined && { type }),
    ...(mode && { mode }),
    ...(sort && { sort }),
  };
  return gather(input, (page) => {
    const query = { ...page, ...wish };
    return channel === undefined
      ? answer(api.GET('/api/mirrors', { params: { query } }))
      : answer(api.GET('/api/channels/{channel}/mirrors', { params: { path: { channel }, query } }));
  });
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'mirror',
        heads: ['MIRROR', 'CHANNEL', 'MODE', 'STATE', 'LAST RUN', 'SOURCE'],
        row: (one) => [
          one.name,
          mirrorChannel(one),
          one.mode,
          stateText(one),
          instant(one.last_run_at),
          one.source_root,
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
