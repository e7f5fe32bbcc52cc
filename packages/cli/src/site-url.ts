import { CliError } from './errors.ts';

/**
 * The address of a server, without a slash at its end and without `/api`.
 *
 * @param from what says so, for the error.
 * @throws {CliError} `usage`.
 */
export function siteUrl(text: string, from: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw notUrl(from, 'http://host[:port] or https://host[:port]', text);
  if (url.username || url.password) {
    throw notUrl(from, 'a URL without name and password; sign in with npx sluice login', url.host);
  }
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
}

function notUrl(from: string, wanted: string, found: string): CliError {
  return new CliError('usage', `${from} does not say where the server is.`, { wanted, found });
}
