import { excerpt, FormatError } from '../errors.ts';
import { knownSubdirs } from './subdir.ts';

/** A channel as a spec or a record names it. */
export interface ChannelPlace {
  /** The name, such as `conda-forge` or `conda-forge/label/dev`; empty when a URL has no path but the subdir. */
  readonly channel: string;
  readonly subdir?: string;
}

/**
 * Names that no channel and no subchannel of ours may bear, because the same word means something else in a path of the
 * conda, PyPI or management protocols.
 */
export const reservedChannelNames: ReadonlySet<string> = new Set([
  ...knownSubdirs,
  't',
  'label',
  'api',
  'channels',
  'namespaces',
  'namespace-channels',
  'simple',
  'cran',
  'pypi',
  'jupyter',
  'legacy',
  'files',
  'keys',
  'artifacts',
  'mirrors',
  'subchannels',
  'history',
]);

/**
 * Check the name of a channel or subchannel, one component of its path, and return it: lower-case letters, digits and
 * `_ . -`, not beginning with `.` or `-`, at most 128 characters, and not a reserved word.
 *
 * @throws {FormatError} `conda_channel`. Never retry.
 * @see CEP 26, "Channel base URLs"
 */
export function parseChannelComponent(text: string): string {
  const wanted = reservedChannelNames.has(text)
    ? 'another name, since this word has a meaning of its own in paths'
    : 'lower-case letters, digits and _ . -, beginning with a letter, digit or _, at most 128 characters';
  if (text.length <= 128 && /^[a-z0-9_][a-z0-9_.-]*$/.test(text) && !reservedChannelNames.has(text)) return text;
  throw new FormatError('conda_channel', `${excerpt(text)} cannot name a channel: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

/**
 * Read a channel given by name or by URL, with or without a subdir behind it: `conda-forge`, `conda-forge/linux-64`,
 * `https://conda.anaconda.org/conda-forge/noarch`. Of a URL its path counts, without a token (`/t/<token>`) and our own
 * `/api/repo` before the name: channels are compared by name, whichever host serves them. Never fails.
 *
 * @see CEP 26, "Channel names"
 */
export function readChannel(text: string): ChannelPlace {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const path = isUrl ? text.replace(/^[^/]*\/\/[^/]*/, '').replace(/[?#].*$/, '') : text;
  let parts = path.split('/').filter((part) => part !== '');
  const token = parts.indexOf('t');
  if (isUrl && token >= 0) parts = parts.toSpliced(token, 2);
  if (isUrl && parts[0] === 'api' && parts[1] === 'repo') parts = parts.slice(2);
  const last = parts.at(-1);
  // A lone "linux-64" is a name, though a bad one; behind a host or another name it is the subdir.
  if (last === undefined || !knownSubdirs.includes(last) || (parts.length === 1 && !isUrl)) {
    return { channel: parts.join('/') };
  }
  return { channel: parts.slice(0, -1).join('/'), subdir: last };
}
