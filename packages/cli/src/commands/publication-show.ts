import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { refArgument } from '../publication-ref.ts';
import { publicationView } from '../views/publication.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Publication'];

export const usage: Usage = {
  words: 'publication show',
  summary: 'Show a publication of a channel',
  arguments: [channelArgument(), refArgument()],
  examples: ['publication show team-a 12', 'publication show team-a 2026-11-01'],
};

export function run({ api }: Context, input: { channel: string; publication: string }): Promise<Data> {
  const path = { channel: input.channel, ref: input.publication };
  return answer(api.GET('/api/channels/{channel}/publications/{ref}', { params: { path } }));
}

export const views = {
  human: (data: Data, view: View): string => publicationView(data, view),
  json: (data: Data): unknown => data,
};
