import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { commaListOption } from '../list-option.ts';
import { fields } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['ChannelLayers'];

interface Input {
  channel: string;
  set?: string[];
  priority?: Data['name_priority'];
}

export const usage: Usage = {
  words: 'channel layers',
  summary: 'Show or change which channels show below a channel’s own uploads and mirrors',
  arguments: [channelArgument()],
  options: [
    commaListOption('--set <channels>', "these, the first on top: a,b/c; '' for none"),
    new Option(
      '--priority <how>',
      'strict: a name shown higher up hides it lower down; merge: only the same file is hidden',
    ).choices(['strict', 'merge']),
  ],
  examples: ['channel layers everything', 'channel layers everything --set team-a,mirror --priority strict'],
};

export function run({ api }: Context, { channel, set, priority }: Input): Promise<Data> {
  const params = { path: { channel } };
  if (set === undefined && priority === undefined) {
    return answer(api.GET('/api/channels/{channel}/layers', { params }));
  }
  const body = {
    ...(set === undefined ? {} : { layers: set }),
    ...(priority === undefined ? {} : { name_priority: priority }),
  };
  return answer(api.PUT('/api/channels/{channel}/layers', { params, body }));
}

export const views = {
  human: ({ layers, name_priority }: Data, view: View): string =>
    fields(
      [
        ['below', layers.length === 0 ? 'no channels' : layers.join(', ')],
        ['priority', name_priority],
      ],
      view,
    ),
  json: (data: Data): unknown => data,
};
