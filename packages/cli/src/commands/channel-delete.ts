import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { confirm } from '../prompt.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

interface Data {
  deleted: string;
}

export const usage: Usage = {
  words: 'channel delete',
  summary: 'Delete a channel with its subchannels and all that is in them',
  arguments: [channelArgument()],
  options: [new Option('-y, --yes', 'do not ask; without a terminal nobody is asked')],
};

export async function run({ api, io }: Context, { channel, yes }: { channel: string; yes?: boolean }): Promise<Data> {
  const params = { path: { channel } };
  const { file_count, subchannel_count } = await answer(api.GET('/api/channels/{channel}', { params }));
  const rest = subchannel_count > 0 ? ` and ${subchannel_count} subchannels` : '';
  await confirm(io, `Delete ${channel} with ${file_count} files${rest}?`, yes);
  await answer(api.DELETE('/api/channels/{channel}', { params }));
  return { deleted: channel };
}

export const views = {
  human: ({ deleted }: Data, view: View): string =>
    paragraph(`${deleted} is gone; what it kept is being removed.`, view),
  json: (data: Data): unknown => data,
};
