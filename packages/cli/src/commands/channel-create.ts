import type { Schemas } from '@sluice/api-client';
import { type ChannelFlags, channelArgument, channelFields, channelOptions } from '../channel-flags.ts';
import { splitChannelPath } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { channelFieldsView } from '../views/channel.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Channel'];

export const usage: Usage = {
  words: 'channel create',
  summary: 'Make a channel, or with a/b a subchannel b of a; private unless --privacy says otherwise',
  arguments: [channelArgument()],
  options: channelOptions,
  examples: [
    'channel create team-a --privacy public',
    'channel create team-a/dev',
    'channel create open --licenses -gpl3,-agpl',
  ],
};

export async function run({ api }: Context, input: ChannelFlags & { channel: string }): Promise<Data> {
  const { parent, name } = splitChannelPath(input.channel);
  const body = { name, ...channelFields(input) };
  if (parent === undefined) return answer(api.POST('/api/channels', { body }));
  const params = { path: { channel: parent } };
  return answer(api.POST('/api/channels/{channel}/subchannels', { params, body }));
}

export const views = {
  human: (data: Data, view: View): string => channelFieldsView(data, view),
  json: (data: Data): unknown => data,
};
