import type { Schemas } from '@sluice/api-client';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { findMirror, type MirrorInput, mirrorArgument } from '../find-mirror.ts';
import { mirrorView } from '../views/mirror.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Mirror'];

export const usage: Usage = {
  words: 'mirror show',
  summary: 'Show a mirror and its newest run',
  arguments: [mirrorArgument()],
  options: [channelOption()],
};

export function run({ api }: Context, input: MirrorInput): Promise<Data> {
  return findMirror(api, input);
}

export const views = {
  human: (data: Data, view: View): string => mirrorView(data, view),
  json: (data: Data): unknown => data,
};
