import type { ApiClient, Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import { answer } from './connect.ts';
import { CliError } from './errors.ts';
import { gatherAll } from './paging.ts';

type Mirror = Schemas['Mirror'];

/** Which mirror is meant. */
export interface MirrorInput {
  /** Its id or name. */
  mirror: string;
  channel?: string;
}

/** The argument of {@link MirrorInput}. */
export function mirrorArgument(flags: '<mirror>' | '[mirror]' = '<mirror>'): Argument {
  return new Argument(flags, 'its name with --channel, or its id');
}

/**
 * Find a mirror in its channel or, without one, among all there are, which only administrators may see. A name that several
 * mirrors have is never guessed.
 *
 * @throws {CliError} `mirror_missing`, `mirror_ambiguous`, `refused`.
 */
export async function findMirror(api: ApiClient, { mirror: wanted, channel }: MirrorInput): Promise<Mirror> {
  const all = await gatherAll<Mirror>((query) =>
    channel === undefined
      ? everywhere(api, query)
      : answer(api.GET('/api/channels/{channel}/mirrors', { params: { path: { channel }, query } })),
  );
  const fitting = all.filter(({ id, name }) => id === wanted || name === wanted);
  const byId = fitting.find(({ id }) => id === wanted);
  if (byId) return byId;
  if (fitting.length === 1) return fitting[0]!;
  const where = channel === undefined ? '' : ` in ${channel}`;
  if (fitting.length > 1) {
    throw new CliError('mirror_ambiguous', `There are ${fitting.length} mirrors called ${JSON.stringify(wanted)}.`, {
      wanted: 'one mirror',
      found: `one in each of ${fitting.map(mirrorChannel).join(', ')}`,
      next: 'Say in which channel it is, with --channel.',
    });
  }
  throw new CliError('mirror_missing', `There is no mirror ${JSON.stringify(wanted)}${where}.`, {
    found: all.length === 0 ? 'no mirror' : `only ${all.map(({ name }) => name).join(', ')}`.slice(0, 300),
    next: `npx sluice mirror list${channel === undefined ? '' : ` --channel ${channel}`}`,
  });
}

async function everywhere(api: ApiClient, query: { limit: number; offset: number }) {
  try {
    return await answer(api.GET('/api/mirrors', { params: { query } }));
  } catch (error) {
    if (!(error instanceof CliError) || error.problem?.code !== 'forbidden') throw error;
    throw new CliError('usage', 'Only an administrator may look for a mirror in all channels.', {
      wanted: '--channel <channel>',
      cause: error,
    });
  }
}

/** `channel` or `channel/subchannel` of a mirror. */
export function mirrorChannel({ channel, subchannel }: Mirror): string {
  return subchannel === undefined ? channel.name : `${channel.name}/${subchannel.name}`;
}

/** The path parameters of a mirror's own routes. */
export function mirrorPath(mirror: Mirror): { channel: string; id: string } {
  return { channel: mirrorChannel(mirror), id: mirror.id };
}
