import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

type Data = Schemas['Reindex'] & { channel: string };

export const usage: Usage = {
  words: 'channel reindex',
  summary: 'Judge all of a channel anew and make all of its index again',
  arguments: [channelArgument()],
};

export async function run({ api }: Context, { channel }: { channel: string }): Promise<Data> {
  const begun = await answer(api.POST('/api/channels/{channel}/reindex', { params: { path: { channel } } }));
  return { ...begun, channel };
}

export const views = {
  human: ({ channel }: Data, view: View): string =>
    paragraph(
      `${channel} is being made anew. What differed is then published; npx sluice channel history ${channel} says when that is done.`,
      view,
    ),
  json: ({ channel: _, ...begun }: Data): unknown => begun,
};
