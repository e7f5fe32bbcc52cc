import type { Schemas } from '@sluice/api-client';
import { Argument, Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { refArgument } from '../publication-ref.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Comparison = Schemas['Comparison'];
type Data = Omit<Comparison, 'items'> & Page<Comparison['items'][number]>;

type Input = PagingInput & {
  channel: string;
  from: string;
  to?: string;
  subdir?: string;
  name?: string;
  change?: 'added' | 'removed' | 'changed';
};

export const usage: Usage = {
  words: 'publication compare',
  summary: 'Which files came, went or changed from one publication to another, and why',
  arguments: [channelArgument(), refArgument('from'), new Argument('[to]', 'likewise').default('head')],
  options: [
    new Option('--subdir <subdir>', 'only there'),
    new Option('--name <package>', 'only files of this package'),
    new Option('--change <kind>', 'only these').choices(['added', 'removed', 'changed']),
    ...pagingOptions,
  ],
  examples: ['publication compare team-a 2026-11-01', 'publication compare team-a 12 15 --change removed'],
};

export async function run({ api }: Context, input: Input): Promise<Data> {
  const { channel, from, to, subdir, name, change } = input;
  const part = { ...(subdir && { subdir }), ...(name && { name }), ...(change && { change }) };
  let first: Comparison | undefined;
  const page = await gather(input, async (paging) => {
    // The head may move between two pages; what it was at the first is what is compared.
    const refs = first ? { from: `${first.from}`, to: `${first.to}` } : { from, to: to ?? 'head' };
    const query = { ...refs, ...part, ...paging };
    const got = await answer(
      api.GET('/api/channels/{channel}/publications/compare', { params: { path: { channel }, query } }),
    );
    first ??= got;
    return got;
  });
  return { ...first!, ...page };
}

const signs = { added: '+', removed: '-', changed: '~' };

export const views = {
  human: (data: Data, view: View): string => {
    const sums = `${data.added} added, ${data.removed} removed, ${data.changed} changed`;
    const head = `From publication ${data.from} to ${data.to}: ${sums}.`;
    if (data.total_count === 0) return head;
    const heads = ['', 'FILE', 'WHY'];
    const row = (one: Data['items'][number]) => [signs[one.change], `${one.subdir}/${one.file}`, one.reason.detail];
    return `${head}\n${pageView(data, { noun: 'file', heads, row }, view)}`;
  },
  json: ({ offset: _, ...data }: Data): unknown => data,
};
