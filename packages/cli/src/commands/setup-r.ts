import { channelArgument } from '../channel-flags.ts';
import { type ClientChannel, clientChannel } from '../client-channel.ts';
import type { Context, Usage } from '../command.ts';

interface Data extends ClientChannel {
  file: string;
  text: string;
}

export const usage: Usage = {
  words: 'setup r',
  summary: 'Print the settings that point R, and renv, at a channel',
  arguments: [channelArgument()],
  examples: ['setup r team-a'],
};

export async function run(context: Context, input: { channel: string }): Promise<Data> {
  const found = await clientChannel(context, input.channel);
  const file = '~/.Rprofile';
  const text = [
    `# ${file}`,
    ...(found.token_command === null ? [] : [`# <TOKEN>: ${found.token_command}`]),
    '# By this name renv and others find it. No other repository beside it:',
    '# R takes the highest version of any; let the channel mirror what you need.',
    'options(repos = c(',
    `  CRAN = "${found.url_with_token}/cran"`,
    '))',
    '',
    '# To upload what R CMD build made:',
    '# curl -f -H "Authorization: Bearer <TOKEN>" -T demo_1.0.tar.gz \\',
    `#   ${found.url}/cran/src/contrib/`,
  ].join('\n');
  return { ...found, file, text };
}

export const views = {
  human: ({ text }: Data): string => text,
  json: (data: Data): unknown => data,
};
