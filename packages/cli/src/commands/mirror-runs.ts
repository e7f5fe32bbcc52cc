import type { Schemas } from '@sluice/api-client';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { findMirror, type MirrorInput, mirrorArgument, mirrorPath } from '../find-mirror.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { stateText } from '../views/mirror.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Run']>;

export const usage: Usage = {
  words: 'mirror runs',
  summary: 'List the runs of a mirror, the newest first',
  arguments: [mirrorArgument()],
  options: [channelOption(), ...pagingOptions],
};

export async function run({ api }: Context, input: MirrorInput & PagingInput): Promise<Data> {
  const path = mirrorPath(await findMirror(api, input));
  return gather(input, (query) =>
    answer(api.GET('/api/channels/{channel}/mirrors/{id}/runs', { params: { path, query } })),
  );
}

export const views = {
  human: (data: Data, view: View): string =>
    pageView(
      data,
      {
        noun: 'run',
        heads: ['CREATED', 'FINISHED', 'CAUSE', 'STATE', 'KEPT', 'FILES', 'ERROR'],
        row: ({ created_at, finished_at, cause, state, sync_state: sync, error_code }) => [
          instant(created_at),
          instant(finished_at),
          cause,
          stateText({ state, sync_state: sync }),
          sync.count.active + sync.count.passive,
          sync.count.total,
          error_code,
        ],
      },
      view,
    ),
  json: (data: Data): unknown => data,
};
