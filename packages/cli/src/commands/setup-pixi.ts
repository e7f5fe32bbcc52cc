import { channelArgument } from '../channel-flags.ts';
import { type ClientChannel, clientChannel } from '../client-channel.ts';
import type { Context, Usage } from '../command.ts';

interface Data extends ClientChannel {
  file: string;
  text: string;
}

export const usage: Usage = {
  words: 'setup pixi',
  summary: 'Print the settings that point pixi at a channel',
  arguments: [channelArgument()],
};

export async function run(context: Context, input: { channel: string }): Promise<Data> {
  const found = await clientChannel(context, input.channel);
  const file = 'pixi.toml';
  // Pixi keeps a token by host, and shows it as Bearer.
  const signIn = `pixi auth login ${new URL(found.url).hostname} --token <TOKEN>`;
  const text = [
    `# ${file}`,
    ...(found.token_command === null ? [] : [`# Once: ${signIn}`, `# <TOKEN>: ${found.token_command}`]),
    '[workspace]',
    `channels = [${JSON.stringify(found.url)}]`,
  ].join('\n');
  return { ...found, file, text };
}

export const views = {
  human: ({ text }: Data): string => text,
  json: (data: Data): unknown => data,
};
