import { channelArgument } from '../channel-flags.ts';
import { type ClientChannel, clientChannel } from '../client-channel.ts';
import type { Context, Usage } from '../command.ts';

interface Data extends ClientChannel {
  file: string;
  text: string;
}

export const usage: Usage = {
  words: 'setup pip',
  summary: 'Print the settings that point pip, and twine, at a channel',
  arguments: [channelArgument()],
  examples: ['setup pip team-a'],
};

export async function run(context: Context, input: { channel: string }): Promise<Data> {
  const found = await clientChannel(context, input.channel);
  const file = '~/.config/pip/pip.conf';
  const text = [
    `# ${file} (in Windows %APPDATA%\\pip\\pip.ini)`,
    ...(found.token_command === null ? [] : [`# <TOKEN>: ${found.token_command}`]),
    '# One index. With an extra-index-url pip takes the highest version of any,',
    '# whoever made it; let the channel mirror what else you need.',
    '[global]',
    `index-url = ${found.url_with_token}/simple/`,
    '',
    '# To upload: twine upload -r sluice dist/*',
    '# ~/.pypirc',
    '[distutils]',
    'index-servers = sluice',
    '[sluice]',
    `repository = ${found.url}/legacy/`,
    'username = __token__',
  ].join('\n');
  return { ...found, file, text };
}

export const views = {
  human: ({ text }: Data): string => text,
  json: (data: Data): unknown => data,
};
