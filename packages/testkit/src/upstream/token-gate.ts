import type { IncomingMessage } from 'node:http';

/** The path without its token part; undefined when no right token is shown: `/t/<token>/`, Bearer, or the password of Basic. */
export function withoutToken(request: IncomingMessage, pathname: string, token: string): string | undefined {
  const inPath = pathname.replace(`/t/${token}/`, '/');
  if (inPath !== pathname) return inPath;
  const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme === 'Bearer' && credentials === token) return pathname;
  const password = Buffer.from(credentials, 'base64').toString().split(':')[1];
  return scheme === 'Basic' && password === token ? pathname : undefined;
}
