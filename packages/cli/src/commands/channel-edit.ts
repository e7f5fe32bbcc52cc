import type { Schemas } from '@sluice/api-client';
import { type ChannelFlags, channelArgument, channelFields, channelOptions, keepOption } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { channelFieldsView } from '../views/channel.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Channel'];

export const usage: Usage = {
  words: 'channel edit',
  summary: 'Change a channel; what no option names stays',
  arguments: [channelArgument()],
  options: [...channelOptions, keepOption],
  examples: [
    'channel edit team-a --privacy authenticated',
    "channel edit team-a --licenses ''",
    'channel edit team-a --keep 7,90',
  ],
};

export async function run({ api }: Context, input: ChannelFlags & { channel: string }): Promise<Data> {
  const params = { path: { channel: input.channel } };
  if (Object.keys(channelFields(input)).length === 0) {
    throw new CliError('usage', 'Nothing was said to change.', {
      wanted: 'an option such as --privacy or --description',
    });
  }
  // The API replaces the filters as a whole.
  const { filters } = await answer(api.GET('/api/channels/{channel}', { params }));
  return answer(api.PUT('/api/channels/{channel}', { params, body: channelFields(input, filters) }));
}

export const views = {
  human: (data: Data, view: View): string => channelFieldsView(data, view),
  json: (data: Data): unknown => data,
};
