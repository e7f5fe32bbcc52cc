import type { Schemas } from '@sluice/api-client';
import { channelArgument, channelPathOf } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

type Data = Schemas['Channel'];

export const usage: Usage = {
  words: 'channel freeze',
  summary: 'Freeze a channel: clients go on seeing what they see, whatever comes in',
  arguments: [channelArgument()],
};

export function run({ api }: Context, { channel }: { channel: string }): Promise<Data> {
  const params = { path: { channel } };
  return answer(api.PUT('/api/channels/{channel}', { params, body: { indexing_behavior: 'frozen' } }));
}

export const views = {
  human: (data: Data, view: View): string =>
    paragraph(`${channelPathOf(data)} is frozen at publication ${data.publication}.`, view),
  json: (data: Data): unknown => data,
};
