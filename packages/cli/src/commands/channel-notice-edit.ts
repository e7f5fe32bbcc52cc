import type { Schemas } from '@sluice/api-client';
import { Argument, Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { type NoticeFlags, noticeFields, noticeOptions } from '../notice-flags.ts';
import { noticeView } from '../views/notice.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Notice'];

export const usage: Usage = {
  words: 'channel notice edit',
  summary: 'Change a notice; who has seen it is not shown it again',
  arguments: [channelArgument(), new Argument('<notice>', 'its id')],
  options: [new Option('--message <text>', 'another text'), ...noticeOptions],
};

export async function run(
  { api }: Context,
  input: NoticeFlags & { channel: string; notice: string; message?: string },
): Promise<Data> {
  const { channel, notice, message } = input;
  const body = { ...(message === undefined ? {} : { message }), ...noticeFields(input) };
  if (Object.keys(body).length === 0) {
    throw new CliError('usage', 'Nothing was said to change.', { wanted: 'an option such as --message or --publish' });
  }
  return answer(api.PUT('/api/channels/{channel}/notices/{notice}', { params: { path: { channel, notice } }, body }));
}

export const views = {
  human: (data: Data, view: View): string => noticeView(data, view),
  json: (data: Data): unknown => data,
};
