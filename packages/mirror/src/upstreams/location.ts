import { fileURLToPath } from 'node:url';

/**
 * Where something is: a URL to ask, secrets included, or a path of this machine. `headers`: what is said when it
 * is asked for. `otherwise`: where else it may be, should it not be there.
 */
export type Location = ({ kind: 'http'; url: string } | { kind: 'file'; path: string }) & {
  headers?: Readonly<Record<string, string>>;
  otherwise?: Location;
};

/** A URL as a place to read from. */
export function locationOf(url: URL): Location {
  return url.protocol === 'file:' ? { kind: 'file', path: fileURLToPath(url) } : { kind: 'http', url: url.href };
}
