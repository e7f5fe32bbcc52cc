import { knownSubdirs } from '@sluice/formats/conda';

/** Where a request below `/api/repo/` points: a channel, and the rest below it, both decoded and without outer slashes. */
export interface RepoPath {
  channel: string;
  /** Which publication of it (`<channel>@<ref>`): a number, date, time or pin, not looked at yet; undefined for the head. */
  ref: string | undefined;
  rest: string;
  /** Whether the path ends with a slash. */
  slash: boolean;
}

const prefix = '/api/repo/';

/** Names below a channel that are never a subchannel, beside conda's subdirs: what the protocols serve there. */
const servedNames = new Set(['channeldata.json', 'notices.json', 'simple', 'cran', 'pypi', 'legacy', 'rss.xml']);

/** Below these are general files, unless what follows is served by channels: subchannels of that name are older than they are. */
const generalFiles = 'files';

/**
 * Split a request path (without query and token) into channel and rest; undefined when it is not below `/api/repo/` or
 * cannot be decoded. Doubled slashes count as one, since some clients write them.
 *
 * The second segment is a subchannel unless it is a name that a protocol serves: those are reserved as channel names. What
 * stands behind an `@` ends the channel's path, so nothing after it is a subchannel.
 */
export function parseRepoPath(path: string): RepoPath | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const segments = decoded(path.slice(prefix.length))?.split('/').filter(Boolean);
  if (!segments?.length) return undefined;
  const [first, second, ...rest] = segments as [string, ...string[]];
  const slash = path.endsWith('/');
  const own = splitRef(first);
  const isOwn = second === undefined || isServed(second) || (second === generalFiles && !isServed(rest[0] ?? ''));
  if (own.ref !== undefined || isOwn) return { ...own, rest: segments.slice(1).join('/'), slash };
  const sub = splitRef(second);
  return { channel: `${first}/${sub.channel}`, ref: sub.ref, rest: rest.join('/'), slash };
}

function isServed(segment: string): boolean {
  return knownSubdirs.includes(segment) || servedNames.has(segment);
}

/** The name of a channel never holds an `@`. */
function splitRef(segment: string): { channel: string; ref: string | undefined } {
  const at = segment.indexOf('@');
  return at < 0 ? { channel: segment, ref: undefined } : { channel: segment.slice(0, at), ref: segment.slice(at + 1) };
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
