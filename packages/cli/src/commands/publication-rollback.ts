import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { confirm } from '../prompt.ts';
import { refArgument } from '../publication-ref.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

type Data = Schemas['Rollback'] & { channel: string };

export const usage: Usage = {
  words: 'publication rollback',
  summary: 'Show again what an earlier publication showed, and freeze the channel',
  arguments: [channelArgument(), refArgument()],
  options: [new Option('-y, --yes', 'do not ask; without a terminal nobody is asked')],
};

export async function run(
  { api, io }: Context,
  { channel, publication: ref, yes }: { channel: string; publication: string; yes?: boolean },
): Promise<Data> {
  const one = { params: { path: { channel, ref } } };
  const { number, created } = await answer(api.GET('/api/channels/{channel}/publications/{ref}', one));
  await confirm(io, `Show publication ${number} of ${created} again and freeze ${channel}?`, yes);
  const params = { path: { channel } };
  const body = { to: number };
  const done = await answer(api.POST('/api/channels/{channel}/rollback', { params, body }));
  return { ...done, channel };
}

export const views = {
  human: ({ channel, publication, to, added, removed, was_frozen }: Data, view: View): string => {
    const done = `${channel} shows publication ${to} again, as number ${publication} (records: ${added} added, ${removed} removed), and is frozen.`;
    const undo = was_frozen ? `publication rollback ${channel} ${publication - 1}` : `channel unfreeze ${channel}`;
    return paragraph(`${done} To undo it: npx sluice ${undo}`, view);
  },
  json: ({ channel: _, ...done }: Data): unknown => done,
};
