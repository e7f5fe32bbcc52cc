import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import type { CliError } from '../errors.ts';
import { findMirror, type MirrorInput, mirrorArgument, mirrorPath } from '../find-mirror.ts';
import { followMirror, followOption, runFailure } from '../follow-mirror.ts';
import { mirrorStateView } from '../views/mirror.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Mirror'];
type Input = MirrorInput & { wait?: boolean; follow?: boolean };

export const usage: Usage = {
  words: 'mirror run',
  alias: 'restart',
  summary: 'Run a mirror now; after a stopped run this goes on, and what is local is not fetched again',
  arguments: [mirrorArgument()],
  options: [channelOption(), new Option('--wait', 'wait for the end'), followOption()],
};

export async function run(context: Context, input: Input): Promise<Data> {
  const params = { path: mirrorPath(await findMirror(context.api, input)) };
  await answer(context.api.POST('/api/channels/{channel}/mirrors/{id}/run', { params }));
  const mirror = await answer(context.api.GET('/api/channels/{channel}/mirrors/{id}', { params }));
  if (input.follow) return followMirror(context, mirror, context.line);
  return input.wait ? followMirror(context, mirror) : mirror;
}

export const lines = ({ follow }: Input): boolean => follow === true;

export const failure = (data: Data, { wait, follow }: Input): CliError | undefined =>
  wait || follow ? runFailure(data) : undefined;

export const views = {
  human: (data: Data, view: View): string => mirrorStateView(data, view),
  json: (data: Data): unknown => data,
};
