import http from 'node:http';
import { CliError } from './errors.ts';

const ownAddresses = ['localhost', '127.0.0.1', '[::1]', '::1'];

/**
 * Let requests of this process go through the proxies that `HTTP_PROXY` and `HTTPS_PROXY` name, but for the hosts of
 * `NO_PROXY` and this machine itself.
 *
 * @throws {CliError} `usage` when one of them is no URL.
 */
export function useProxies(env: Readonly<Record<string, string | undefined>>): void {
  const no_proxy = [env.no_proxy ?? env.NO_PROXY, ...ownAddresses].filter(Boolean).join(',');
  try {
    http.setGlobalProxyFromEnv({ ...env, no_proxy, NO_PROXY: no_proxy });
  } catch (cause) {
    throw new CliError('usage', 'HTTP_PROXY or HTTPS_PROXY does not name a proxy.', {
      wanted: 'http://[user:password@]host[:port]',
      cause,
    });
  }
}
