import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { followMaintenance, maintenanceFailure } from '../follow-maintenance.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { bytes, count } from '../views/amounts.ts';
import { fields, table } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Maintenance'];
type Amount = { count: number; bytes: number };

export const usage: Usage = {
  words: 'maintenance collect',
  summary: 'Drop publications that are not kept, and remove what nothing needs; happens every night by itself',
  options: [
    new Option('--dry-run', 'say what would go, and change nothing'),
    new Option('--no-wait', 'do not wait for the end'),
  ],
  examples: ['maintenance collect --dry-run'],
};

export async function run(context: Context, input: { dryRun?: boolean; wait: boolean }): Promise<Data> {
  const body = { dry_run: input.dryRun ?? false };
  const api = ownSignIn(context);
  const begun = await answer(api.POST('/api/maintenance/collect', { body }));
  return input.wait ? followMaintenance({ ...context, api }, begun) : begun;
}

export const failure = maintenanceFailure;

export const views = {
  human: ({ state, collect: report }: Data, view: View): string => {
    if (!report || report.publications === undefined) return `The collection is ${state}.`;
    const channels = report.channels ?? [];
    const list = channels.map((one) => [one.channel, one.kept, one.publications, one.entries]);
    const heads = ['CHANNEL', 'KEPT', 'DROPPED', 'ENTRIES'];
    return [
      ...(report.dry_run ? ['This is what would go; nothing was changed.', ''] : []),
      ...(channels.length > 0 ? [table(heads, list, view), ''] : []),
      fields(
        [
          ['publications', report.publications],
          ['entries', report.entries],
          ['blobs needed', `${report.needed} of ${report.blobs} that had their grace`],
          ['condemned', weight(report.condemned, 'blob')],
          ['removed', weight(report.removed, 'blob')],
          ['leftover files', weight(report.leftovers, 'file')],
          ['packs rewritten', weight(report.rewritten, 'pack')],
          ['packs removed', weight(report.packs, 'pack')],
          ...(report.deferred ? [['left for later', 'uploads were in the way'] as const] : []),
          ...(report.damaged_packs?.length ? [['damaged packs', report.damaged_packs.join(', ')] as const] : []),
        ],
        view,
      ),
    ].join('\n');
  },
  json: (data: Data): unknown => data,
};

function weight(amount: Amount | undefined, noun: string): string {
  return amount && amount.count > 0 ? `${count(amount.count, noun)}, ${bytes(amount.bytes)}` : 'none';
}
