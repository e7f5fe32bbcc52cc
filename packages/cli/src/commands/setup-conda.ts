import { channelArgument } from '../channel-flags.ts';
import { type ClientChannel, clientChannel, condarc } from '../client-channel.ts';
import type { Context, Usage } from '../command.ts';

interface Data extends ClientChannel {
  file: string;
  text: string;
}

export const usage: Usage = {
  words: 'setup conda',
  summary: 'Print the settings that point conda at a channel',
  arguments: [channelArgument()],
  examples: ['setup conda team-a'],
};

export async function run(context: Context, input: { channel: string }): Promise<Data> {
  const found = await clientChannel(context, input.channel);
  const file = '~/.condarc';
  return { ...found, file, text: condarc(found, file) };
}

export const views = {
  human: ({ text }: Data): string => text,
  json: (data: Data): unknown => data,
};
