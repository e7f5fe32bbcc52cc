import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { type EventsInput, eventOptions, eventQuery } from '../history-flags.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { gather } from '../paging.ts';
import { eventsView } from '../views/event.ts';
import type { Page } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Data = Page<Schemas['Event']>;

export const usage: Usage = {
  words: 'history',
  summary: 'List what happened, the newest first: to administrators everything, to others what they did',
  options: [new Option('--channel <channel>', 'only in this channel'), ...eventOptions],
  examples: ['history --text forge --from 2026-11-01', 'history --type user_token_created --actor ada'],
};

export function run(context: Context, input: EventsInput & { channel?: string }): Promise<Data> {
  const api = ownSignIn(context);
  const filter = { ...eventQuery(input), ...(input.channel && { channel: input.channel }) };
  return gather(input, (page) => answer(api.GET('/api/history', { params: { query: { ...filter, ...page } } })));
}

export const views = {
  human: (data: Data, view: View): string => eventsView(data, view, { channels: true }),
  json: (data: Data): unknown => data,
};
