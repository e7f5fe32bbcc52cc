import type { Schemas } from '@sluice/api-client';
import { channelArgument, channelPathOf } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import type { View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

type Data = Schemas['Channel'];

export const usage: Usage = {
  words: 'channel unfreeze',
  summary: 'Unfreeze a channel: what came in meanwhile is shown',
  arguments: [channelArgument()],
};

export function run({ api }: Context, { channel }: { channel: string }): Promise<Data> {
  const params = { path: { channel } };
  return answer(api.PUT('/api/channels/{channel}', { params, body: { indexing_behavior: 'default' } }));
}

export const views = {
  human: (data: Data, view: View): string =>
    paragraph(`${channelPathOf(data)} is no longer frozen; what came in meanwhile is being published.`, view),
  json: (data: Data): unknown => data,
};
