import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import { channelArgument } from '../channel-flags.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';

type Privacy = Schemas['Channel']['privacy'];

interface Input {
  channel: string;
  group?: string;
  user?: string;
  level: 'r' | 'rw';
  remove?: boolean;
}

interface Data {
  channel: string;
  privacy: Privacy;
  changed: boolean;
}

export const usage: Usage = {
  words: 'channel share',
  summary: 'Share a channel with everyone who has signed in, as the older tools did, or end that',
  arguments: [channelArgument()],
  options: [
    new Option('--group <name>', 'everyone: whoever has signed in'),
    new Option('--user <name>', 'one person'),
    new Option('--level <level>', 'r: read; rw: write, too').choices(['r', 'rw']).default('rw'),
    new Option('--remove', 'end it'),
  ],
  examples: ['channels share --group everyone --level r anaconda', 'channels share --group everyone --remove anaconda'],
};

export async function run({ api }: Context, input: Input): Promise<Data> {
  const { channel, group, user, level, remove = false } = input;
  if ((group === undefined) === (user === undefined)) {
    throw new CliError('usage', 'Say with whom: a group or a user.', { wanted: '--group everyone' });
  }
  if (group !== 'everyone') {
    throw new CliError(
      'not_yet',
      `Sluice cannot share a channel with ${group === undefined ? 'a user' : 'a group'} yet.`,
      {
        wanted: '--group everyone',
        found: group ?? user,
        next: `Give them a token: npx sluice token create <name> --resource ${channel}:${level === 'r' ? 'read' : 'write'}`,
      },
    );
  }
  if (level === 'rw' && !remove) {
    throw new CliError('not_yet', 'Everyone cannot be let write: they may read a channel, and who owns it writes.', {
      wanted: '--level r',
      next: `For one that writes, make a token: npx sluice token create <name> --resource ${channel}:write`,
    });
  }
  const params = { path: { channel } };
  const { privacy: before } = await answer(api.GET('/api/channels/{channel}', { params }));
  // A public channel is shared with everyone already; to share it must not close it.
  const privacy: Privacy = remove ? 'private' : before === 'private' ? 'authenticated' : before;
  if (privacy !== before) await answer(api.PUT('/api/channels/{channel}', { params, body: { privacy } }));
  return { channel, privacy, changed: privacy !== before };
}

const words: Record<Privacy, string> = {
  public: 'anybody may read it',
  authenticated: 'whoever has signed in may read it',
  private: 'its owner and holders of tokens may read it',
};

export const views = {
  human: ({ channel, privacy, changed }: Data): string =>
    `${channel}${changed ? '' : ' stays as it is'}: ${words[privacy]}.`,
  json: (data: Data): unknown => data,
};
