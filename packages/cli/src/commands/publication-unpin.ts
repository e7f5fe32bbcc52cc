import { Argument } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

interface Data {
  unpinned: string;
}

export const usage: Usage = {
  words: 'publication unpin',
  summary: 'Take a name from a publication, which is then kept as long as others',
  arguments: [channelArgument(), new Argument('<name>')],
};

export async function run({ api }: Context, { channel, name }: { channel: string; name: string }): Promise<Data> {
  await answer(api.DELETE('/api/channels/{channel}/pins/{pin}', { params: { path: { channel, pin: name } } }));
  return { unpinned: name };
}

export const views = {
  human: ({ unpinned }: Data, view: View): string => paragraph(`${unpinned} names no publication any more.`, view),
  json: (data: Data): unknown => data,
};
