import type { Schemas } from '@sluice/api-client';
import { InvalidArgumentError, Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { fields } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = Pick<Schemas['Settings'], 'retention' | 'collect_grace_hours'>;

interface Input {
  allDays?: number;
  dailyDays?: number;
  graceHours?: number;
}

export const usage: Usage = {
  words: 'maintenance retention',
  summary: 'Show or change how long publications are kept; channels may differ (channel edit --keep)',
  options: [
    new Option('--all-days <days>', 'keep all publications of so many days, at least 7').argParser(wholeNumber),
    new Option('--daily-days <days>', 'then the last of each day, for so many days').argParser(wholeNumber),
    new Option('--grace-hours <hours>', 'leave alone what nothing needs for so long, twice over').argParser(
      wholeNumber,
    ),
  ],
  examples: ['maintenance retention', 'maintenance retention --all-days 14 --daily-days 180'],
};

export async function run(context: Context, { allDays, dailyDays, graceHours }: Input): Promise<Data> {
  const api = ownSignIn(context);
  const { retention, collect_grace_hours } = await answer(api.GET('/api/system/settings'));
  if (allDays === undefined && dailyDays === undefined && graceHours === undefined) {
    return { retention, collect_grace_hours };
  }
  const body = {
    retention: { all_days: allDays ?? retention.all_days, daily_days: dailyDays ?? retention.daily_days },
    collect_grace_hours: graceHours ?? collect_grace_hours,
  };
  const after = await answer(api.PUT('/api/system/settings', { body }));
  return { retention: after.retention, collect_grace_hours: after.collect_grace_hours };
}

export const views = {
  human: ({ retention, collect_grace_hours }: Data, view: View): string =>
    fields(
      [
        ['all publications', `${retention.all_days} days`],
        ['then one a day', `${retention.daily_days} days`],
        ['grace', `${collect_grace_hours} ${collect_grace_hours === 1 ? 'hour' : 'hours'}, twice over`],
      ],
      view,
    ),
  json: (data: Data): unknown => data,
};

function wholeNumber(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Say a whole number of at most five digits.');
}
