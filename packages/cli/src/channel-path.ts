import { InvalidArgumentError, Option } from 'commander';

/** Check that a text names a channel or, as `a/b`, a subchannel. What names may look like, the server says. */
export function parseChannelPath(text: string): string {
  const parts = text.split('/');
  if (parts.length > 2 || parts.some((part) => part === '')) {
    throw new InvalidArgumentError('Give a channel, or channel/subchannel.');
  }
  return text;
}

/** The option that names the channel something is in. */
export function channelOption(): Option {
  return new Option('-c, --channel <channel>', 'the channel, or channel/subchannel').argParser(parseChannelPath);
}

/** The path of the API for a channel path: `a/b` is `/api/channels/a/subchannels/b`. */
export function channelUrlPath(channel: string): string {
  const [name = '', subchannel] = channel.split('/').map(encodeURIComponent);
  return `/api/channels/${name}${subchannel === undefined ? '' : `/subchannels/${subchannel}`}`;
}

/**
 * The routes of subchannels are those of channels at another address. So commands ask for `/api/channels/{channel}/…` with
 * `a/b` for the channel, and this sends the request where it belongs.
 */
export function routedUrl(url: string): string {
  return url.replace(/(\/api\/channels\/[^/?]+)%2F([^/?]+)/i, '$1/subchannels/$2');
}

/** Parent and own name of a channel path. */
export function splitChannelPath(channel: string): { parent: string | undefined; name: string } {
  const [first = '', second] = channel.split('/');
  return second === undefined ? { parent: undefined, name: first } : { parent: first, name: second };
}
