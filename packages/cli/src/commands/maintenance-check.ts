import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { parseChannelPath } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { followMaintenance, maintenanceFailure } from '../follow-maintenance.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { count } from '../views/amounts.ts';
import { plain, type View } from '../views/view.ts';
import { wrap } from '../views/wrap.ts';

type Data = Schemas['Maintenance'];

export const usage: Usage = {
  words: 'maintenance check',
  summary: 'Look for drift between bytes, rows and publications; exit 1 when something is wrong',
  options: [
    new Option('--channel <channel>', 'only this one').argParser(parseChannelPath),
    new Option('--deep', 'read every byte and decode every shard'),
  ],
  examples: ['maintenance check', 'maintenance check --channel team-a --deep'],
};

export async function run(context: Context, input: { channel?: string; deep?: boolean }): Promise<Data> {
  const { channel, deep = false } = input;
  const body = { deep, ...(channel !== undefined && { channel }) };
  const api = ownSignIn(context);
  return followMaintenance({ ...context, api }, await answer(api.POST('/api/maintenance/check', { body })));
}

export const failure = (data: Data): CliError | undefined => {
  const failed = maintenanceFailure(data);
  if (failed) return failed;
  const errors = data.check?.errors ?? 0;
  return errors === 0 ? undefined : new CliError('drift_found', `${count(errors, 'thing')} found wrong.`);
};

export const views = {
  human: ({ state, check: report }: Data, view: View): string => {
    if (!report || report.findings === undefined) return `The check is ${state}.`;
    const findings = report.findings.flatMap(({ severity, code, channel, subject, message, remedy }) => [
      view.paint(severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`),
      ...wrap(plain(channel ? `${channel}: ${subject}` : subject), view.width - 2).map((line) => `  ${line}`),
      ...wrap(plain(message), view.width - 2).map((line) => `  ${line}`),
      ...wrap(plain(remedy), view.width - 2).map((line) => view.paint('dim', `  ${line}`)),
    ]);
    const looked = `${count(report.blobs ?? 0, 'blob')}, ${count(report.files ?? 0, 'file')}, ${count(report.channels ?? 0, 'channel')}`;
    const result = `${count(report.errors ?? 0, 'error')}, ${count(report.notices ?? 0, 'notice')}; looked at ${looked}.`;
    return [...findings, ...wrap(result, view.width)].join('\n');
  },
  json: (data: Data): unknown => data,
};
