import { Argument, Option } from 'commander';
import { parseChannelPath } from '../channel-path.ts';
import { clientChannel } from '../client-channel.ts';
import type { Context } from '../command.ts';
import type { CondarcWish } from './condarc-text.ts';

/** Which channels conda is to use. */
export interface WishInput {
  channel: string[];
  add?: string[];
  token?: string;
}

const channelPaths = (text: string, before: string[] = []) => [...before, parseChannelPath(text)];

export const wishArgument = (): Argument =>
  new Argument('<channel...>', 'what conda’s defaults are to stand for').argParser(channelPaths);

/** The options of {@link WishInput}. */
export const wishOptions: readonly Option[] = [
  new Option('--add <channel>', 'a channel beside the defaults; again for more').argParser(channelPaths),
  new Option('--token <token>', 'the token that conda shows, where a channel is not public'),
];

/** What conda is to be told; says which channels it will not get into. @throws {CliError} `refused` for one that is not there. */
export async function condarcWish(context: Context, { channel, add = [], token }: WishInput): Promise<CondarcWish> {
  const names = [...channel, ...add];
  const closed: string[] = [];
  for (const name of names) if ((await clientChannel(context, name)).needs_token) closed.push(name);
  if (closed.length > 0 && token === undefined) {
    const resources = closed.map((name) => `--resource ${name}:read`).join(' ');
    context.say(
      `Conda needs a token for ${closed.join(', ')}: npx sluice token create conda ${resources}, then --token.`,
    );
  }
  const base = `${context.site.url}/api/repo`;
  return { alias: token === undefined ? base : `${base}/t/${token}`, defaults: channel, channels: add };
}
