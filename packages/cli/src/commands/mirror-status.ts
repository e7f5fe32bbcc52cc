import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import type { CliError } from '../errors.ts';
import { findMirror, type MirrorInput, mirrorArgument } from '../find-mirror.ts';
import { followMirror, followOption, runFailure } from '../follow-mirror.ts';
import { mirrorStateView } from '../views/mirror.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Mirror'];
type Input = MirrorInput & { watch?: boolean; follow?: boolean };

export const usage: Usage = {
  words: 'mirror status',
  summary: 'Say how the newest run of a mirror stands',
  arguments: [mirrorArgument()],
  options: [
    channelOption(),
    new Option('--watch', 'go on until it is over; exit 1 when it did not complete'),
    followOption(),
  ],
};

export async function run(context: Context, input: Input): Promise<Data> {
  const mirror = await findMirror(context.api, input);
  if (input.follow) return followMirror(context, mirror, context.line);
  return input.watch ? followMirror(context, mirror) : mirror;
}

export const lines = ({ follow }: Input): boolean => follow === true;

export const failure = (data: Data, { watch, follow }: Input): CliError | undefined =>
  watch || follow ? runFailure(data) : undefined;

export const views = {
  human: (data: Data, view: View): string => mirrorStateView(data, view),
  json: (data: Data): unknown => data,
};
