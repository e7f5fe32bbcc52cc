import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { channelFieldsView } from '../views/channel.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Channel'];

export const usage: Usage = {
  words: 'channel show',
  summary: 'Show a channel',
  arguments: [channelArgument()],
};

export function run({ api }: Context, { channel }: { channel: string }): Promise<Data> {
  return answer(api.GET('/api/channels/{channel}', { params: { path: { channel } } }));
}

export const views = {
  human: (data: Data, view: View): string => channelFieldsView(data, view),
  json: (data: Data): unknown => data,
};
