import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startUpstream, type Upstream } from '../testing/upstream.ts';
import { createHttpClient } from './http-client.ts';
import { createSourceGuard } from './source-guard.ts';
import { parseSourceRules } from './source-rules.ts';

let upstream: Upstream;
let asked: string[];
const noteSocket = () => void asked.push('socket');

beforeEach(async () => {
  upstream = await startUpstream((_, response) => response.end('here'));
  asked = [];
  subscribe('net.client.socket', noteSocket);
});
afterEach(async () => {
  unsubscribe('net.client.socket', noteSocket);
  await upstream.close();
});

async function attempts(sources: string): Promise<unknown[]> {
  const guard = createSourceGuard(parseSourceRules(sources, '/nowhere'), [], {
    lookup: async (host) => {
      asked.push(`dns ${host}`);
      return [{ address: '127.0.0.1', family: 4 }];
    },
    ownAddresses: () => new Set(),
  });
  const options = { guard, userAgent: 'Sluice/test', retryPauseMs: 1 };
  const plain = createHttpClient({ ...options, proxies: { none: [] } });
  const proxied = createHttpClient({ ...options, proxies: { http: upstream.url, none: [] } });
  const url = `http://upstream.example:${new URL(upstream.url).port}/`;
  const results = await Promise.allSettled([
    plain.open({ url: upstream.url }),
    plain.open({ url }),
    plain.open({ url, proxy: upstream.url }),
    proxied.open({ url }),
  ]);
  await Promise.all([plain.close(), proxied.close()]);
  return results.map((result) => (result.status === 'rejected' ? result.reason.code : 'answered'));
}

test('with SLUICE_SOURCES=none nobody is asked: no DNS, no socket, no proxy', async () => {
  expect(await attempts('none, file:///srv')).toEqual(Array(4).fill('source_refused'));
  expect(asked).toEqual([]);
  expect(upstream.requests).toEqual([]);
});

test('the watch sees what another setting lets through', async () => {
  expect((await attempts('any')).slice(0, 2)).toEqual(['answered', 'answered']);
  expect(asked).toContain('socket');
  expect(asked).toContain('dns upstream.example');
});
