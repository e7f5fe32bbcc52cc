import type { Schemas } from '@sluice/api-client';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { type EventsInput, eventOptions, eventQuery } from '../history-flags.ts';
import { gather } from '../paging.ts';
import { eventsView } from '../views/event.ts';
import type { Page } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Event']>;

export const usage: Usage = {
  words: 'channel history',
  summary: 'List what happened in a channel, the newest first',
  arguments: [channelArgument()],
  options: eventOptions,
  examples: ['channel history team-a --type mirroring_failed,mirroring_stopped --from 2026-11-01'],
};

export function run({ api }: Context, input: EventsInput & { channel: string }): Promise<Data> {
  const path = { channel: input.channel };
  const filter = eventQuery(input);
  return gather(input, (page) =>
    answer(api.GET('/api/channels/{channel}/history', { params: { path, query: { ...filter, ...page } } })),
  );
}

export const views = {
  human: (data: Data, view: View): string => eventsView(data, view),
  json: (data: Data): unknown => data,
};
