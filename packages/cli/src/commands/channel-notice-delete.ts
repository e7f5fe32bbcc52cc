import { Argument } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';

interface Data {
  deleted: string;
}

export const usage: Usage = {
  words: 'channel notice delete',
  summary: 'Withdraw a notice',
  arguments: [channelArgument(), new Argument('<notice>', 'its id')],
};

export async function run({ api }: Context, path: { channel: string; notice: string }): Promise<Data> {
  const { channel, notice } = path;
  await answer(api.DELETE('/api/channels/{channel}/notices/{notice}', { params: { path: { channel, notice } } }));
  return { deleted: notice };
}

export const views = {
  human: ({ deleted }: Data): string => `The notice ${deleted} is gone.`,
  json: (data: Data): unknown => data,
};
