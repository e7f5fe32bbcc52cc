import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The proxies whose forwarding headers are believed: all, or these networks. */
export type TrustedProxies = 'any' | BlockList;

/** Read `SLUICE_TRUST_PROXY`: addresses and CIDRs between commas, or `any`. Undefined when it is neither. */
export function trustedProxies(text: string): TrustedProxies | undefined {
  if (text.trim() === 'any') return 'any';
  const list = new BlockList();
  for (const word of text.split(',')) {
    const [address, bits] = word.trim().split('/');
    const family = isIP(address!);
    const longest = family === 6 ? 128 : 32;
    const prefix = bits === undefined ? longest : Number(bits || Number.NaN);
    if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > longest) return undefined;
    list.addSubnet(address!, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/**
 * The address a request comes from: the nearest one that is not a trusted proxy. `X-Forwarded-For` is read from the right,
 * since everything left of an untrusted address may be made up.
 */
export function clientAddress(request: IncomingMessage, trusted: TrustedProxies | undefined): string {
  const peer = plain(request.socket.remoteAddress ?? '');
  if (!isTrusted(peer, trusted)) return peer;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '');
  let nearest = peer;
  for (const hop of forwarded.split(',').reverse()) {
    const address = plain(hop.trim());
    if (isIP(address) === 0) break;
    nearest = address;
    if (!isTrusted(address, trusted)) break;
  }
  return nearest;
}

/** Whether a request comes from a trusted proxy rather than from its client itself. */
export function comesByProxy(request: IncomingMessage, trusted: TrustedProxies | undefined): boolean {
  return isTrusted(plain(request.socket.remoteAddress ?? ''), trusted);
}

/** The scheme and host a client used, for the links it is shown: `https://host[:port]`. Never of use for a decision. */
export function clientOrigin(request: IncomingMessage, trusted: TrustedProxies | undefined): string {
  const said = comesByProxy(request, trusted) ? String(request.headers['x-forwarded-proto'] ?? '') : '';
  const secure = said === 'https' || (said === '' && 'encrypted' in request.socket);
  const host = request.headers.host ?? '';
  // The Host header is the client's text; what is no host name is not repeated.
  const shown = /^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9A-Fa-f:.]+\](:\d+)?$/.test(host) ? host : 'localhost';
  return `${secure ? 'https' : 'http'}://${shown}`;
}

function isTrusted(address: string, trusted: TrustedProxies | undefined): boolean {
  if (trusted === undefined) return false;
  return trusted === 'any' || trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** IPv4 as it arrives on a socket that takes both: `::ffff:10.0.0.1`. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
