import { Option } from 'commander';
import type { PagingInput } from './paging.ts';
import { pagingOptions } from './paging.ts';

/** Which events are wanted. */
export type EventsInput = PagingInput & {
  type?: string;
  actor?: string;
  mirror?: string;
  text?: string;
  from?: string;
  to?: string;
};

/** The options of both histories. */
export const eventOptions: readonly Option[] = [
  new Option('--type <types>', 'only events of these types, separated by commas'),
  new Option('--actor <account>', 'only what this account did'),
  new Option('--mirror <mirror>', 'only of the mirror with this name or id'),
  new Option('--text <text>', 'only events that have this text anywhere'),
  new Option('--from <time>', 'since this day or time (UTC)'),
  new Option('--to <time>', 'before this day or time (UTC)'),
  ...pagingOptions,
];

/** The same as a query. */
export function eventQuery({ type, actor, mirror, text, from, to }: EventsInput) {
  return {
    ...(type && { event_type: type }),
    ...(actor && { actor }),
    ...(mirror && { mirror }),
    ...(text && { q: text }),
    ...(from && { from }),
    ...(to && { to }),
  };
}
