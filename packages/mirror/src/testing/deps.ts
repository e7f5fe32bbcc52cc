import { createHttpClient, type HttpClient, type HttpClientOptions } from '../fetch/http-client.ts';
import { createSourceGuard, type SourceGuard } from '../fetch/source-guard.ts';
import { parseSourceRules } from '../fetch/source-rules.ts';
import { parseSourceAddress } from '../source-address.ts';
import { upstreamAt } from '../upstream-of.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';

/** A guard that lets loopback and the folder through. */
export function testGuard(folder = '/nowhere'): SourceGuard {
  return createSourceGuard(parseSourceRules('127.0.0.1', folder), []);
}

/** A client that retries at once and gives up soon. */
export function testHttp(guard: SourceGuard, options: Partial<HttpClientOptions> = {}): HttpClient {
  return createHttpClient({
    guard,
    userAgent: 'Sluice/test',
    proxies: { none: [] },
    retryPauseMs: 1,
    longestPauseMs: 20,
    timeouts: { connectMs: 2000, headersMs: 2000, bodyMs: 2000 },
    ...options,
  });
}

/** What reading one upstream needs. `close` ends the connections. */
export function testUpstreamDeps(source: string, folder?: string): UpstreamDeps & { close(): Promise<void> } {
  const guard = testGuard(folder);
  const http = testHttp(guard);
  return { ...upstreamAt({ guard, http }, parseSourceAddress(source)), close: () => http.close() };
}
