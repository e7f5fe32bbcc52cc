import type { Schemas } from '@sluice/api-client';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { instant } from '../views/amounts.ts';
import { table } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['BundleSchedule'][];

export const usage: Usage = { words: 'bundle schedule list', summary: 'List the bundles that are made by the clock' };

export async function run({ api }: Context): Promise<Data> {
  return (await answer(api.GET('/api/bundle-schedules'))).items;
}

export const views = {
  human: (data: Data, view: View): string => {
    if (data.length === 0) return 'No bundles are made by the clock.';
    const rows = data.map(
      ({ id, name, cron, time_zone, next_run_at, definition: { channels = [], attachments = [] } }) => [
        ...[name, `${cron} ${time_zone}`, instant(next_run_at)],
        ...[[...channels, ...attachments].join(', '), id],
      ],
    );
    return table(['NAME', 'WHEN', 'NEXT', 'WHAT', 'ID'], rows, view);
  },
  json: (data: Data): unknown => data,
};
