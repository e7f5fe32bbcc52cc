import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { type NoticeFlags, noticeFields, noticeOptions } from '../notice-flags.ts';
import { noticeView } from '../views/notice.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Notice'];

export const usage: Usage = {
  words: 'channel notice create',
  summary: 'Make a notice, which conda shows once to each user of the channel',
  arguments: [channelArgument(), new Argument('<message>', 'at most 600 characters')],
  options: noticeOptions,
  examples: ['channel notice create team-a "Python 3.9 goes on 1 March" --level warning --expires 2027-03-01'],
};

export function run({ api }: Context, input: NoticeFlags & { channel: string; message: string }): Promise<Data> {
  const path = { channel: input.channel };
  const body = { message: input.message, ...noticeFields(input) };
  return answer(api.POST('/api/channels/{channel}/notices', { params: { path }, body }));
}

export const views = {
  human: (data: Data, view: View): string => noticeView(data, view),
  json: (data: Data): unknown => data,
};
