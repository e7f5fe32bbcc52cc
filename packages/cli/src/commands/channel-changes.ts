import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { pagingOptions } from '../paging.ts';
import { instant } from '../views/amounts.ts';
import { table } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Changes'];
type Change = 'added' | 'removed' | 'changed';

interface Input {
  channel: string;
  limit: number;
  cursor?: string;
  since?: string;
  part?: string;
  name?: string;
  change?: Change;
}

export const usage: Usage = {
  words: 'channel changes',
  summary: 'List every addition, removal and change of a file in a channel, and what caused it',
  arguments: [channelArgument()],
  options: [
    new Option('--since <time>', 'only what was published since this day or time (UTC)'),
    new Option('--part <part>', 'only there: a subdir such as linux-64, or pypi'),
    new Option('--name <package>', 'only files of this package'),
    new Option('--change <kind>', 'only these').choices(['added', 'removed', 'changed']),
    new Option('--cursor <cursor>', 'go on where a page ended (its "next")'),
    ...pagingOptions.filter(({ long }) => long === '--limit'),
  ],
  examples: ['channel changes team-a --since 2026-11-01 --change removed', 'channel changes team-a --name numpy'],
};

const mostAtOnce = 1000;

export async function run({ api }: Context, { channel, limit, cursor, ...part }: Input): Promise<Data> {
  const items: Data['items'] = [];
  let next: string | null | undefined = cursor;
  do {
    const query = { ...part, limit: Math.min(mostAtOnce, limit - items.length), ...(next && { cursor: next }) };
    const page: Data = await answer(
      api.GET('/api/channels/{channel}/changes', { params: { path: { channel }, query } }),
    );
    items.push(...page.items);
    next = page.next;
  } while (next && items.length < limit);
  return { items, next: next ?? null };
}

const signs = { added: '+', removed: '-', changed: '~' };

export const views = {
  human: ({ items, next }: Data, view: View): string => {
    if (items.length === 0) return 'No changes.';
    const body = items.map((one) => [
      ...[instant(one.published), one.publication, signs[one.change], `${one.part}/${one.file}`, one.cause.detail],
    ]);
    const more = next
      ? `\n${view.paint('dim', 'There is more: raise --limit, or go on with the "next" of --json.')}`
      : '';
    return table(['WHEN', 'NO', '', 'FILE', 'WHY'], body, view) + more;
  },
  json: (data: Data): unknown => data,
};
