import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import { MirrorError } from '../errors.ts';
import type { PinnedAddress, SourceGuard } from './source-guard.ts';
import { tunnelClient } from './tunnel-client.ts';

/** How long a connection may take, in ms: to be made, until the headers come, and between two pieces of a body. */
export interface HttpTimeouts {
  connectMs: number;
  headersMs: number;
  bodyMs: number;
}

/** The ways out of this process. */
export interface Dispatchers {
  /** `ca`: PEM text of certificate authorities to trust beside those that are trusted for all. */
  direct(ca: string | undefined): Dispatcher;
  /** Through a proxy. `trusted`: an operator named it, so it may lie anywhere; otherwise the guard is asked. */
  through(proxy: string, options: { trusted: boolean; ca: string | undefined }): Promise<Dispatcher>;
  close(): Promise<void>;
}

/**
 * Connections whose address the guard has checked and that go to exactly that address.
 *
 * @param extraCa PEM text of certificate authorities to trust beside the system's.
 */
export function createDispatchers(guard: SourceGuard, timeouts: HttpTimeouts, extraCa?: string): Dispatchers {
  const trust = (ca: string | undefined) =>
    ca === undefined && extraCa === undefined
      ? {}
      : { ca: [...getCACertificates('default'), ...[extraCa, ca].filter((text) => text !== undefined)] };
  const limits = { headersTimeout: timeouts.headersMs, bodyTimeout: timeouts.bodyMs, allowH2: false };
  const agents = new Map<string | undefined, Agent>();
  const proxies = new Map<string, ProxyAgent>();

  function straight(ca: string | undefined): Agent {
    const tls = trust(ca);
    return new Agent({
      ...limits,
      connect(options, callback) {
        const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
        guard.addresses(options.hostname, port).then(
          (addresses) => {
            const connect = buildConnector({
              ...tls,
              allowH2: false,
              timeout: timeouts.connectMs,
              lookup: pinned(addresses),
            });
            connect(options, callback);
          },
          (error: unknown) => callback(error as Error, null),
        );
      },
    });
  }

  return {
    direct(ca) {
      const agent = agents.get(ca) ?? straight(ca);
      agents.set(ca, agent);
      return agent;
    },
    async through(proxy, { trusted, ca }) {
      const url = proxyUrl(proxy);
      const lookup = trusted
        ? {}
        : { lookup: pinned(await guard.addresses(url.hostname, Number(url.port || defaultPort(url)))) };
      const key = JSON.stringify([trusted, proxy, ca]);
      let agent = proxies.get(key);
      if (!agent) {
        agent = new ProxyAgent({
          ...limits,
          uri: proxy,
          clientFactory: tunnelClient,
          connectTimeout: timeouts.connectMs,
          proxyTls: { ...trust(undefined), ...lookup },
          requestTls: trust(ca),
        });
        proxies.set(key, agent);
      }
      return agent;
    },
    async close() {
      await Promise.all([...agents.values(), ...proxies.values()].map((agent) => agent.destroy()));
    },
  };
}

function proxyUrl(proxy: string): URL {
  try {
    return new URL(proxy);
  } catch (cause) {
    throw new MirrorError('source_refused', 'The proxy is not a URL. Write it as http://host:port.', {
      wanted: 'http://host:port',
      cause,
    });
  }
}

function defaultPort(url: URL): number {
  return url.protocol === 'https:' ? 443 : 80;
}

function pinned(addresses: readonly PinnedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}
