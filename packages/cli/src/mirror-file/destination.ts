import type { Schemas } from '@sluice/api-client';
import { splitChannelPath } from '../channel-path.ts';
import type { Context } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import type { MirrorFile } from './mirror-file.ts';

type Channel = Schemas['Channel'];

/** The channel that packages go to, or undefined while it is not there. @throws {CliError} `refused`. */
export async function findDestination({ api }: Pick<Context, 'api'>, channel: string): Promise<Channel | undefined> {
  try {
    return await answer(api.GET('/api/channels/{channel}', { params: { path: { channel } } }));
  } catch (error) {
    if (error instanceof CliError && error.problem?.status === 404) return undefined;
    throw error;
  }
}

/** Make the channel that packages go to, and the one it lies in; whoever has signed in may read them. @see product.md AE-02 */
export async function makeDestination(
  context: Pick<Context, 'api'>,
  { dest_channel, access, type }: MirrorFile,
  withFiles: boolean,
): Promise<Channel> {
  const { api } = context;
  const { parent, name } = splitChannelPath(dest_channel);
  const body = { name, privacy: access, types: wantedTypes(type, withFiles) };
  if (parent === undefined) return answer(api.POST('/api/channels', { body }));
  if (!(await findDestination(context, parent))) {
    await answer(api.POST('/api/channels', { body: { ...body, name: parent } }));
  }
  return answer(api.POST('/api/channels/{channel}/subchannels', { params: { path: { channel: parent } }, body }));
}

/** What the channels of a mirror file hold. */
const packageTypes = { conda: 'conda', python_simple: 'python' } as const satisfies Record<MirrorFile['type'], string>;

/** @throws {CliError} `usage` when the channel holds other packages. */
export function mustHoldTypes({ types }: Channel, { dest_channel, type }: MirrorFile, withFiles: boolean): void {
  const wanted = wantedTypes(type, withFiles).find((one) => !types.includes(one));
  if (wanted === undefined) return;
  throw new CliError('mirror_file_refused', `The channel ${dest_channel} holds no ${wanted} packages.`, {
    wanted,
    found: types.join(', '),
    next: `npx sluice channel edit ${dest_channel} --types ${[...types, wanted].join(',')}`,
  });
}

function wantedTypes(type: MirrorFile['type'], withFiles: boolean): Channel['types'] {
  return [packageTypes[type], ...(withFiles ? ['file' as const] : [])];
}
