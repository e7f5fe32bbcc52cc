import type { Schemas } from '@sluice/api-client';
import { Argument, Option } from 'commander';
import { type BundleFlags, bundleFields, bundleOptions } from '../bundle-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { instant } from '../views/amounts.ts';
import { plain } from '../views/view.ts';

type Data = Schemas['BundleSchedule'];
type Input = BundleFlags & { name: string; cron: string; timeZone: string };

export const usage: Usage = {
  words: 'bundle schedule create',
  summary: 'Have bundles made by the clock, into a folder of the server or a bucket',
  arguments: [new Argument('<name>', 'how the schedule is called')],
  options: [
    ...bundleOptions,
    new Option('--cron <schedule>', 'five fields, or hourly, daily, weekly, monthly').default('monthly'),
    new Option('--time-zone <zone>', 'such as Europe/Berlin').default('UTC'),
  ],
  examples: [
    'bundle schedule create packages -c main --since last --cron monthly --keep 12',
    'bundle schedule create advisories --attach /srv/feeds/cve.zip --cron daily --server-path s3://carry/daily',
  ],
};

export function run({ api }: Context, { name, cron, timeZone, ...flags }: Input): Promise<Data> {
  const body = { name, cron, time_zone: timeZone, definition: bundleFields(flags) };
  return answer(api.POST('/api/bundle-schedules', { body }));
}

export const views = {
  human: ({ name, next_run_at }: Data): string => `${plain(name)} is made next at ${instant(next_run_at)}.`,
  json: (data: Data): unknown => data,
};
