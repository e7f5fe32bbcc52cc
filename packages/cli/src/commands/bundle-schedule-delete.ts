import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { plain } from '../views/view.ts';

interface Data {
  deleted: string;
}

export const usage: Usage = {
  words: 'bundle schedule delete',
  summary: 'Make no more bundles by a schedule; those that were made stay',
  arguments: [new Argument('<name>', 'the schedule')],
};

export async function run({ api }: Context, { name }: { name: string }): Promise<Data> {
  const { items } = await answer(api.GET('/api/bundle-schedules'));
  const found = items.find((one) => one.name === name || one.id === name);
  if (!found)
    throw new CliError('schedule_missing', `There is no schedule ${name}.`, {
      next: 'bundle schedule list says which there are.',
    });
  await answer(api.DELETE('/api/bundle-schedules/{id}', { params: { path: { id: found.id } } }));
  return { deleted: found.name };
}

export const views = {
  human: ({ deleted }: Data): string => `${plain(deleted)} is gone; the bundles it made stay.`,
  json: (data: Data): unknown => data,
};
