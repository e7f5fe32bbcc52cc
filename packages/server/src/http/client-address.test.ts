import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress, clientOrigin, trustedProxies } from './client-address.ts';

function request(peer: string, headers: Record<string, string> = {}, encrypted = false): IncomingMessage {
  return {
    socket: { remoteAddress: peer, ...(encrypted ? { encrypted } : {}) },
    headers,
  } as unknown as IncomingMessage;
}
const forwarded = (list: string) => ({ 'x-forwarded-for': list });

test.each<[what: string, trust: string | undefined, peer: string, header: string, address: string]>([
  ['nobody is trusted', undefined, '10.0.0.9', '1.2.3.4', '10.0.0.9'],
  ['a stranger is not believed', '10.0.0.0/8', '5.5.5.5', '1.2.3.4', '5.5.5.5'],
  ['a trusted proxy is', '10.0.0.0/8', '10.0.0.9', '1.2.3.4', '1.2.3.4'],
  ['what stands left of a stranger may be made up', '10.0.0.0/8', '10.0.0.9', '9.9.9.9, 1.2.3.4, 10.0.0.8', '1.2.3.4'],
  ['all are proxies', '10.0.0.0/8', '10.0.0.9', '10.0.0.7, 10.0.0.8', '10.0.0.7'],
  ['any takes the first of all', 'any', '5.5.5.5', '9.9.9.9, 1.2.3.4', '9.9.9.9'],
  ['nonsense ends the list', 'any', '5.5.5.5', '9.9.9.9, unknown, 1.2.3.4', '1.2.3.4'],
  ['no header', 'any', '5.5.5.5', '', '5.5.5.5'],
  ['IPv4 in IPv6', '10.0.0.0/8', '::ffff:10.0.0.9', '::ffff:1.2.3.4', '1.2.3.4'],
  ['IPv6', 'fd00::/8, 10.0.0.1', 'fd00::1', '2001:db8::5', '2001:db8::5'],
])('%s', (_, trust, peer, header, address) => {
  const trusted = trust === undefined ? undefined : trustedProxies(trust);
  expect(clientAddress(request(peer, header === '' ? {} : forwarded(header)), trusted)).toBe(address);
});

test.each(['', 'x', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', 'fd00::/129', '10.0.0.0/8,x', '10.0.0.0/8.5'])(
  'SLUICE_TRUST_PROXY="%s" is not read',
  (text) => {
    expect(trustedProxies(text)).toBeUndefined();
  },
);

test.each<[what: string, headers: Record<string, string>, encrypted: boolean, trusted: boolean, origin: string]>([
  ['plain', { host: 'h:8080' }, false, false, 'http://h:8080'],
  ['our own TLS', { host: 'h' }, true, false, 'https://h'],
  ['TLS at a trusted proxy', { host: 'h', 'x-forwarded-proto': 'https' }, false, true, 'https://h'],
  ['TLS claimed by a stranger', { host: 'h', 'x-forwarded-proto': 'https' }, false, false, 'http://h'],
  ['IPv6', { host: '[::1]:8080' }, false, false, 'http://[::1]:8080'],
  ['a host that is markup', { host: '"><script>' }, false, false, 'http://localhost'],
  ['no host', {}, false, false, 'http://localhost'],
])('origin: %s', (_, headers, encrypted, trusted, origin) => {
  expect(clientOrigin(request('10.0.0.9', headers, encrypted), trusted ? 'any' : undefined)).toBe(origin);
});
