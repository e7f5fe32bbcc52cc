import type { Schemas } from '@sluice/api-client';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { findMirror, mirrorArgument, mirrorPath } from '../find-mirror.ts';
import { type MirrorFlags, mirrorFields, mirrorOptions } from '../mirror-flags.ts';
import { type PagingInput, pagingOptions } from '../paging.ts';
import { bytes, count } from '../views/amounts.ts';
import { brokenHeads, brokenRow, dependencyRow, dependencySummaryView } from '../views/dependencies.ts';
import { countPairs } from '../views/mirror.ts';
import { pageView } from '../views/page.ts';
import { fields, table } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Plan = Schemas['DryRun'];
type Data = Plan & { offset: number };
type Input = MirrorFlags & PagingInput & { mirror?: string; channel?: string };

export const usage: Usage = {
  words: 'mirror plan',
  summary:
    'Say what a run would do, file by file, and change nothing: of a mirror, with changes, or of one not made yet',
  arguments: [mirrorArgument('[mirror]')],
  options: [channelOption(), ...mirrorOptions, ...pagingOptions],
  examples: [
    'mirror plan forge -c team-a',
    'mirror plan forge -c team-a --licenses -gpl3',
    'mirror plan -c team-a -s https://conda.anaconda.org/conda-forge --subdirs noarch --limit 20',
  ],
};

export async function run({ api }: Context, input: Input): Promise<Data> {
  const { mirror, channel, source, limit, offset } = input;
  const query = { limit, offset };
  const changes = mirrorFields(input);
  if (mirror !== undefined) {
    const path = mirrorPath(await findMirror(api, { mirror, ...(channel === undefined ? {} : { channel }) }));
    const params = { path, query };
    return {
      ...(await answer(api.POST('/api/channels/{channel}/mirrors/{id}/dry_run', { params, body: changes }))),
      offset,
    };
  }
  if (channel === undefined || source === undefined) {
    throw new CliError('usage', 'Say which mirror, or what one would be.', {
      wanted: '<mirror>, or --channel and --source',
    });
  }
  const body = { ...changes, mirror_name: 'plan', source_root: source };
  const params = { path: { channel }, query };
  return { ...(await answer(api.POST('/api/channels/{channel}/mirrors/dry_run', { params, body }))), offset };
}

export const views = {
  human: (plan: Data, view: View): string =>
    [
      fields([...countPairs(plan.count), ['to fetch', fetchText(plan)]], view),
      table(
        ['SUBDIR', 'FILES', 'KEPT', 'SIZE', 'UNREADABLE', 'INDEX'],
        plan.parts.map(({ subdir, total, kept, kept_bytes, refused, status }) => [
          subdir,
          total,
          kept,
          bytes(kept_bytes),
          refused,
          status,
        ]),
        view,
      ),
      ...dependenciesText(plan, view),
      ...brokenText(plan, view),
      pageView(
        plan,
        {
          noun: 'file',
          heads: ['FILE', 'ACTION', 'WHY'],
          row: ({ subdir, file, action, reason }) => [`${subdir}/${file}`, ACTIONS[action], whyText(reason)],
        },
        view,
      ),
    ].join('\n\n'),
  json: ({ offset: _, ...plan }: Data): unknown => plan,
};

/** The most lines of either that are printed; `--json` has more. */
const mostShown = 20;

function dependenciesText({ dependencies }: Plan, view: View): string[] {
  if (dependencies === null) return [];
  const missing = dependencies.items.filter(({ status }) => status === 'missing');
  const page = { items: missing.slice(0, mostShown), total_count: dependencies.missing };
  const shown = {
    noun: 'missing spec',
    heads: ['MISSING', 'OF', 'STATUS', 'FILES', 'NEWEST', 'WHY'],
    row: dependencyRow,
  };
  return [dependencySummaryView(dependencies, view), ...(missing.length > 0 ? [pageView(page, shown, view)] : [])];
}

function brokenText({ broken_dependencies: { count: total, items } }: Plan, view: View): string[] {
  if (total === 0) return [];
  const page = { items: items.slice(0, mostShown), total_count: total };
  return [
    'Warning: rules would take out what these depend on.',
    pageView(page, { noun: 'unmet spec', heads: brokenHeads, row: brokenRow }, view),
  ];
}

const ACTIONS: Record<Plan['items'][number]['action'], string> = {
  fetch: 'fetch',
  local: 'is local',
  on_request: 'on request',
  drop: 'leave out',
};

function fetchText({ to_fetch: { files, bytes: size } }: Plan): string {
  return files === 0 ? 'nothing' : `${count(files, 'file')}, ${bytes(size)}`;
}

function whyText(reason: Plan['items'][number]['reason']): string {
  return reason === null ? '' : `${reason.code}: ${reason.evidence}`;
}
