import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { type PatchFlags, subdirOption } from '../patch-flags.ts';
import { bytes, instant } from '../views/amounts.ts';
import { table } from '../views/table.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

type Data = { list: Schemas['PatchList'] } | { document: Record<string, unknown> };

export const usage: Usage = {
  words: 'patch show',
  summary: 'Show which subdirs of a channel have patches, or the patch_instructions.json of one',
  arguments: [channelArgument()],
  options: [subdirOption('the document of this subdir')],
};

export async function run({ api }: Context, { channel, subdir }: PatchFlags): Promise<Data> {
  if (subdir === undefined) {
    return { list: await answer(api.GET('/api/channels/{channel}/patches', { params: { path: { channel } } })) };
  }
  const path = { channel, subdir };
  return { document: await answer(api.GET('/api/channels/{channel}/patches/{subdir}', { params: { path } })) };
}

export const views = {
  human: (data: Data, view: View): string => {
    if ('document' in data) return JSON.stringify(data.document, null, 2);
    if (data.list.items.length === 0) return paragraph('The channel has no patches.', view);
    return table(
      ['SUBDIR', 'SIZE', 'SET', 'BY'],
      data.list.items.map(({ subdir, bytes: size, created_at, created_by }) => [
        subdir,
        bytes(size),
        instant(created_at),
        created_by,
      ]),
      view,
    );
  },
  json: (data: Data): unknown => ('list' in data ? data.list : data.document),
};
