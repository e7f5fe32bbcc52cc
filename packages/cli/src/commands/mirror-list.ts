import type { Schemas } from '@sluice/api-client';
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

export const usage: Usage = {
  words: 'mirror list',
  summary: 'List the mirrors of a channel or, as an administrator, all there are',
  options: [channelOption(), ...pagingOptions],
};

export function run({ api }: Context, input: PagingInput & { channel?: string }): Promise<Data> {
  const { channel } = input;
  return gather(input, (query) =>
    channel === undefined
      ? answer(api.GET('/api/mirrors', { params: { query } }))
      : answer(api.GET('/api/channels/{channel}/mirrors', { params: { path: { channel }, query } })),
  );
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
