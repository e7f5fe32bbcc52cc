import { channelArgument } from '../channel-flags.ts';
import { type ClientChannel, clientChannel } from '../client-channel.ts';
import type { Context, Usage } from '../command.ts';

interface Data extends ClientChannel {
  file: string;
  text: string;
}

export const usage: Usage = {
  words: 'setup uv',
  summary: 'Print the settings that point uv at a channel',
  arguments: [channelArgument()],
  examples: ['setup uv team-a'],
};

export async function run(context: Context, input: { channel: string }): Promise<Data> {
  const found = await clientChannel(context, input.channel);
  const file = '~/.config/uv/uv.toml';
  const text = [
    `# ${file}`,
    ...(found.token_command === null ? [] : [`# <TOKEN>: ${found.token_command}`]),
    '# The default index: uv then asks no other.',
    '[[index]]',
    `name = ${JSON.stringify(input.channel.replace('/', '-'))}`,
    `url = ${JSON.stringify(`${found.url_with_token}/simple/`)}`,
    `publish-url = ${JSON.stringify(`${found.url}/legacy/`)}`,
    'default = true',
    `# To upload: UV_PUBLISH_TOKEN=… uv publish --index ${input.channel.replace('/', '-')}`,
  ].join('\n');
  return { ...found, file, text };
}

export const views = {
  human: ({ text }: Data): string => text,
  json: (data: Data): unknown => data,
};
