import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { CliError } from '../errors.ts';

const mostRedirects = 5;
const silenceMs = 120_000;

/**
 * Ask a source for something. Its certificate is checked against the known authorities and `ca`, whatever the settings say of the
 * destination's.
 *
 * @throws {CliError} `source_failed` for anything but a 200.
 * @see product.md AE-10
 */
export async function requestSource(url: string, ca: string | undefined, redirects = 0): Promise<IncomingMessage> {
  const known = [...tls.getCACertificates('bundled'), ...tls.getCACertificates('extra'), ...(ca ? [ca] : [])];
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = url.startsWith('https:')
      ? https.get(url, { ca: known, rejectUnauthorized: true }, resolve)
      : http.get(url, resolve);
    request.setTimeout(silenceMs, () => request.destroy(new Error('it says nothing')));
    request.once('error', reject);
  }).catch((cause: Error) => {
    throw new CliError('source_failed', `There is no answer from ${shown(url)}: ${cause.message}.`, { cause });
  });
  const { statusCode = 0, headers } = message;
  if (statusCode === 200) return message;
  message.resume();
  const next = headers.location === undefined ? null : URL.parse(headers.location, url);
  const isMoved = statusCode >= 301 && statusCode <= 308 && next !== null && /^https?:$/.test(next.protocol);
  // Nobody who asked over TLS is led away from it.
  const isSafe = next?.protocol === 'https:' || url.startsWith('http:');
  if (isMoved && isSafe && redirects < mostRedirects) return requestSource(next.href, ca, redirects + 1);
  throw new CliError('source_failed', `${shown(url)} answers ${statusCode}.`, {
    wanted: '200',
    found: `${statusCode}`,
  });
}

/** Without what somebody may have written in front of the host. */
function shown(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
