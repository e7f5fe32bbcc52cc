import { pythonPart } from '@sluice/formats/package';
import type { AskedMirror } from '@sluice/mirror';
import type { Place } from '../place.ts';
import type { SendFileDeps } from '../send-file.ts';

/** What asking works with. */
export interface AskDeps extends Pick<SendFileDeps, 'judge'> {
  /**
   * Have a channel show what its lazy mirrors, and those of the channels below it, have of a project now: the upstreams are
   * asked where their last word is old, and what they say is published.
   */
  bringUp: (channelId: number, project: string) => Promise<readonly AskedMirror[]>;
  /** Have old lists of upstreams asked for again, by jobs. */
  askLists: (channelId: number) => Promise<void>;
}

/** What became of asking. */
export interface Asked {
  mirrors: readonly AskedMirror[];
  /** What clients are to be told of it: name and value in turn. */
  headers: readonly string[];
}

const nobody: Asked = { mirrors: [], headers: [] };

/** Bring a project up to date before it is answered for. The past is as it is. */
export async function askFirst({ bringUp }: AskDeps, { channel, at }: Place, project: string): Promise<Asked> {
  if (at !== undefined) return nobody;
  const mirrors = await bringUp(channel.id, project);
  const since = mirrors.flatMap(({ status, known }) => (status === 'stale' && known ? known.checked_at.getTime() : []));
  if (since.length === 0) return { mirrors, headers: [] };
  const headers = [
    'Warning',
    '110 - "Response is Stale"',
    'X-Sluice-Stale',
    new Date(Math.min(...since)).toISOString(),
  ];
  return { mirrors, headers };
}

/** The same for a file that nothing here knows: a lock file may name what nobody has asked this channel for yet. */
export async function askForFile(deps: AskDeps, place: Place, project: string, file: string): Promise<void> {
  if (place.at !== undefined) return;
  const { status } = await deps.judge(place.channel.id, undefined, pythonPart, file);
  if (status === 'absent') await deps.bringUp(place.channel.id, project);
}
