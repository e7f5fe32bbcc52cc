import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { refArgument } from '../publication-ref.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

type Data = Schemas['Pin'] & { channel: string };

export const usage: Usage = {
  words: 'publication pin',
  summary: 'Give a publication a name: it is kept, and clients find it as <channel>@<name>',
  arguments: [channelArgument(), new Argument('<name>'), refArgument()],
  examples: ['publication pin team-a release-3.1 head', 'publication pin team-a before-upgrade 2026-11-01'],
};

export async function run(
  { api }: Context,
  { channel, name, publication }: { channel: string; name: string; publication: string },
): Promise<Data> {
  const params = { path: { channel, pin: name } };
  const pin = await answer(api.PUT('/api/channels/{channel}/pins/{pin}', { params, body: { publication } }));
  return { ...pin, channel };
}

export const views = {
  human: ({ channel, name, publication, moved_from }: Data, view: View): string => {
    const now = `Publication ${publication} is kept as ${name}; clients read it as ${channel}@${name}.`;
    const before = moved_from === undefined ? '' : ` Until now that was publication ${moved_from}.`;
    return paragraph(`${now}${before}`, view);
  },
  json: ({ channel: _, ...pin }: Data): unknown => pin,
};
