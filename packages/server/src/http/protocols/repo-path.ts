import { knownSubdirs } from '@sluice/formats/conda';

/** Where a request below `/api/repo/` points: a channel, and the rest below it, both decoded and without outer slashes. */
export interface RepoPath {
  channel: string;
  rest: string;
}

const prefix = '/api/repo/';

/** Names below a channel that are never a subchannel, beside conda's subdirs: what the protocols serve there. */
const servedNames = new Set(['channeldata.json', 'notices.json', 'simple', 'cran', 'pypi', 'legacy', 'rss.xml']);

/**
 * Split a request path (without query and token) into channel and rest; undefined when it is not below `/api/repo/` or
 * cannot be decoded. Doubled slashes count as one, since some clients write them.
 *
 * The second segment is a subchannel unless it is a name that a protocol serves: those are reserved as channel names.
 */
export function parseRepoPath(path: string): RepoPath | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const segments = decoded(path.slice(prefix.length))?.split('/').filter(Boolean);
  if (!segments?.length) return undefined;
  const [channel, second, ...rest] = segments as [string, ...string[]];
  if (second === undefined) return { channel, rest: '' };
  if (knownSubdirs.includes(second) || servedNames.has(second)) return { channel, rest: [second, ...rest].join('/') };
  return { channel: `${channel}/${second}`, rest: rest.join('/') };
}

function decoded(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return text.split('/').some((segment) => segment === '..' || segment === '.') || text.includes('\0')
      ? undefined
      : text;
  } catch {
    return undefined;
  }
}
