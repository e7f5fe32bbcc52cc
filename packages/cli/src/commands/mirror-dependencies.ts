import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { findMirror, type MirrorInput, mirrorArgument, mirrorPath } from '../find-mirror.ts';
import { gather, type PagingInput, pagingOptions } from '../paging.ts';
import { dependencyRow, dependencySummaryView } from '../views/dependencies.ts';
import { type Page, pageView } from '../views/page.ts';
import type { View } from '../views/view.ts';

type Summary = Schemas['DependencySummary'];
type Report = Page<Schemas['DependencyLine']> & { summary: Summary };
type Data = Report | { csv: string };

interface Input extends MirrorInput, PagingInput {
  missing?: boolean;
  csv?: boolean;
}

export const usage: Usage = {
  words: 'mirror dependencies',
  summary: 'Say what came of each spec of a mirror that includes dependencies: present, or missing and why',
  arguments: [mirrorArgument()],
  options: [
    channelOption(),
    new Option('--missing', 'only what is missing'),
    new Option('--csv', 'the whole report as CSV').conflicts('missing'),
    ...pagingOptions,
  ],
  examples: ['mirror dependencies forge -c team-a --missing', 'mirror dependencies forge -c team-a --csv > report.csv'],
};

export async function run({ api }: Context, input: Input): Promise<Data> {
  const path = mirrorPath(await findMirror(api, input));
  if (input.csv) {
    const download = '/api/channels/{channel}/mirrors/{id}/dependencies/download';
    const params = { path, query: { format: 'csv' as const } };
    return { csv: await answer(api.GET(download, { params, parseAs: 'text' })) };
  }
  const summaries: Summary[] = [];
  const page = await gather(input, async (paging) => {
    const query = { ...paging, ...(input.missing && { status: 'missing' as const }) };
    const report = await answer(
      api.GET('/api/channels/{channel}/mirrors/{id}/dependencies', { params: { path, query } }),
    );
    summaries.push(report.summary);
    return report;
  });
  return { ...page, summary: summaries.at(-1)! };
}

export const views = {
  human: (data: Data, view: View): string =>
    'csv' in data
      ? data.csv.replace(/\r?\n$/, '')
      : [
          dependencySummaryView(data.summary, view),
          pageView(
            data,
            { noun: 'spec', heads: ['SPEC', 'OF', 'STATUS', 'FILES', 'NEWEST', 'WHY'], row: dependencyRow },
            view,
          ),
        ].join('\n\n'),
  json: (data: Data): unknown => data,
};
