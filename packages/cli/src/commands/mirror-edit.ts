import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { findMirror, type MirrorInput, mirrorArgument, mirrorPath } from '../find-mirror.ts';
import { followMirror, runFailure } from '../follow-mirror.ts';
import { type MirrorFlags, mirrorFields, mirrorOptions, runOptions } from '../mirror-flags.ts';
import { mirrorView } from '../views/mirror.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Mirror'];
type Input = MirrorInput & MirrorFlags & { name?: string; runNow?: boolean; wait?: boolean };

export const usage: Usage = {
  words: 'mirror edit',
  summary: "Change a mirror; what no option names stays, '' takes a filter away; its mode is fixed",
  arguments: [mirrorArgument()],
  options: [channelOption(), new Option('--name <name>', 'another name'), ...mirrorOptions, ...runOptions],
  examples: [
    "mirror edit forge -c team-a --exclude-spec 'python <3.10' --wait",
    "mirror edit forge -c team-a --licenses ''",
  ],
};

export async function run(context: Context, input: Input): Promise<Data> {
  const { name, runNow, wait } = input;
  const changes = {
    ...mirrorFields(input),
    ...(name === undefined ? {} : { mirror_name: name }),
    ...(runNow || wait ? { run_now: true } : {}),
  };
  if (Object.keys(changes).length === 0) {
    throw new CliError('usage', 'Nothing was said to change.', {
      wanted: 'an option such as --exclude-spec or --cron',
    });
  }
  const params = { path: mirrorPath(await findMirror(context.api, input)) };
  const mirror = await answer(context.api.PUT('/api/channels/{channel}/mirrors/{id}', { params, body: changes }));
  return wait ? followMirror(context, mirror) : mirror;
}

export const failure = (data: Data, { wait }: Input): CliError | undefined => (wait ? runFailure(data) : undefined);

export const views = {
  human: (data: Data, view: View): string => mirrorView(data, view),
  json: (data: Data): unknown => data,
};
