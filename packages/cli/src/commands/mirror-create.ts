import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { followMirror, runFailure } from '../follow-mirror.ts';
import { type MirrorFlags, mirrorFields, mirrorOptions, runOptions } from '../mirror-flags.ts';
import { mirrorView } from '../views/mirror.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Mirror'];
type Input = MirrorFlags & { name: string; channel: string; runNow?: boolean; wait?: boolean };

export const usage: Usage = {
  words: 'mirror create',
  summary: 'Make a mirror in a channel: passive and monthly unless said otherwise',
  arguments: [new Argument('<name>', 'what it is called')],
  options: [channelOption().makeOptionMandatory(), ...mirrorOptions, ...runOptions],
  examples: [
    'mirror create forge -c team-a -s https://conda.anaconda.org/conda-forge --subdirs linux-64,noarch --wait',
    "mirror create forge -c team-a -s /srv/channel --mode active --licenses -gpl3,-agpl --exclude-spec 'python <3.9'",
  ],
};

export async function run(context: Context, input: Input): Promise<Data> {
  const { name: mirror_name, channel, source, runNow, wait } = input;
  if (source === undefined) throw new CliError('usage', 'A mirror needs a source.', { wanted: '--source <url>' });
  const params = { path: { channel } };
  const body = { ...mirrorFields(input), mirror_name, source_root: source, run_now: Boolean(runNow || wait) };
  const mirror = await answer(context.api.POST('/api/channels/{channel}/mirrors', { params, body }));
  return wait ? followMirror(context, mirror) : mirror;
}

export const failure = (data: Data, { wait }: Input): CliError | undefined => (wait ? runFailure(data) : undefined);

export const views = {
  human: (data: Data, view: View): string => mirrorView(data, view),
  json: (data: Data): unknown => data,
};
