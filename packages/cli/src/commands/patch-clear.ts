import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { dryRunOption, type PatchFlags, subdirOption } from '../patch-flags.ts';
import { patchingView } from '../views/patch.ts';
import type { View } from '../views/view.ts';

type Data = { patching: Schemas['Patching']; dryRun: boolean };

export const usage: Usage = {
  words: 'patch clear',
  summary: 'Take patches away: records are shown as their sources have them',
  arguments: [channelArgument()],
  options: [subdirOption('those of one subdir'), new Option('--all', 'those of all subdirs'), dryRunOption()],
};

export async function run({ api }: Context, input: PatchFlags & { all?: boolean }): Promise<Data> {
  const { channel, subdir, all = false, dryRun = false } = input;
  if (all === (subdir !== undefined)) {
    throw new CliError('usage', 'Say whose patches: of one subdir, or of all.', { wanted: '--subdir or --all' });
  }
  const query = { dry_run: String(dryRun) };
  const patching = await (subdir === undefined
    ? answer(api.DELETE('/api/channels/{channel}/patches', { params: { path: { channel }, query } }))
    : answer(api.DELETE('/api/channels/{channel}/patches/{subdir}', { params: { path: { channel, subdir }, query } })));
  return { patching, dryRun };
}

export const views = {
  human: ({ patching, dryRun }: Data, view: View): string => patchingView(patching, dryRun, view),
  json: ({ patching }: Data): unknown => patching,
};
