import { Option } from 'commander';
import { channelOption } from '../channel-path.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { findMirror, type MirrorInput, mirrorArgument, mirrorChannel, mirrorPath } from '../find-mirror.ts';
import { confirm } from '../prompt.ts';
import { plain, type View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

interface Data {
  deleted: string;
  id: string;
  channel: string;
  packages: 'keep' | 'remove';
}

export const usage: Usage = {
  words: 'mirror delete',
  summary: 'Delete a mirror',
  arguments: [mirrorArgument()],
  options: [
    channelOption(),
    new Option('--packages <fate>', "keep: what is local becomes the channel's own; remove: all of it goes")
      .choices(['keep', 'remove'])
      .default('keep'),
    new Option('-y, --yes', 'do not ask; without a terminal nobody is asked'),
  ],
};

export async function run(
  { api, io }: Context,
  input: MirrorInput & { packages: 'keep' | 'remove'; yes?: boolean },
): Promise<Data> {
  const { packages, yes } = input;
  const mirror = await findMirror(api, input);
  const channel = mirrorChannel(mirror);
  const fate = packages === 'keep' ? 'keeping what is local' : 'with all its packages';
  await confirm(io, `Delete the mirror ${plain(mirror.name)} of ${channel}, ${fate}?`, yes);
  const params = { path: mirrorPath(mirror), query: { packages } };
  await answer(api.DELETE('/api/channels/{channel}/mirrors/{id}', { params }));
  return { deleted: mirror.name, id: mirror.id, channel, packages };
}

export const views = {
  human: ({ deleted, channel, packages }: Data, view: View): string => {
    const fate = packages === 'keep' ? "what was local is the channel's own now" : 'so are its packages';
    return paragraph(`The mirror ${plain(deleted)} of ${channel} is gone; ${fate}.`, view);
  },
  json: (data: Data): unknown => data,
};
