import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { findMirror, type MirrorInput, mirrorArgument, mirrorPath } from '../find-mirror.ts';
import { followMirror } from '../follow-mirror.ts';
import { mirrorStateView } from '../views/mirror.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['Mirror'];

export const usage: Usage = {
  words: 'mirror stop',
  summary: 'Stop the run of a mirror; what it has brought in stays',
  arguments: [mirrorArgument()],
  options: [channelOption(), new Option('--wait', 'wait until it has stopped')],
};

export async function run(context: Context, input: MirrorInput & { wait?: boolean }): Promise<Data> {
  const params = { path: mirrorPath(await findMirror(context.api, input)) };
  const mirror = await answer(context.api.POST('/api/channels/{channel}/mirrors/{id}/stop_mirror_sync', { params }));
  return input.wait ? followMirror(context, mirror) : mirror;
}

export const views = {
  human: (data: Data, view: View): string => mirrorStateView(data, view),
  json: (data: Data): unknown => data,
};
