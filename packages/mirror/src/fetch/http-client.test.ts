import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { startUpstream, type Upstream } from '../testing/upstream.ts';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpClientOptions } from './http-client.ts';
import { createSourceGuard } from './source-guard.ts';
import { parseSourceRules } from './source-rules.ts';

const open: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((thing) => thing.close()));
});

async function upstream(handler: Parameters<typeof startUpstream>[0]): Promise<Upstream> {
  const server = await startUpstream(handler);
  open.push(server);
  return server;
}

function client(options: Partial<HttpClientOptions> = {}, sources = '127.0.0.1'): HttpClient {
  const http = createHttpClient({
    guard: createSourceGuard(parseSourceRules(sources, '/nowhere'), []),
    userAgent: 'Sluice/test',
    proxies: { none: [] },
    retryPauseMs: 1,
    longestPauseMs: 20,
    ...options,
  });
  open.push(http);
  return http;
}

async function text(answer: HttpAnswer): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('answers', () => {
  test('come with our name, our headers and no others', async () => {
    const server = await upstream((_, response) => response.setHeader('etag', '"1"').end('hello'));
    const answer = await client().open({ url: `${server.url}/a?b=c#d`, headers: { 'if-none-match': '"0"' } });
    expect(answer).toMatchObject({ status: 200, url: `${server.url}/a?b=c#d`, headers: { etag: '"1"' } });
    expect(await text(answer)).toBe('hello');
    expect(server.asked).toEqual(['GET /a?b=c']);
    expect(server.requests[0]!.headers).toMatchObject({ 'user-agent': 'Sluice/test', 'if-none-match': '"0"' });
    expect(server.requests[0]!.headers).not.toHaveProperty('authorization');
  });

  test.each([
    [404, 'upstream_missing', 1],
    [410, 'upstream_missing', 1],
    [401, 'upstream_denied', 1],
    [403, 'upstream_denied', 1],
    [418, 'upstream_malformed', 1],
    [204, 'upstream_malformed', 1],
    [300, 'upstream_malformed', 1],
    [429, 'upstream_unavailable', 4],
    [500, 'upstream_unavailable', 4],
    [503, 'upstream_unavailable', 4],
  ])('status %i is %s after %i request(s)', async (status, code, requests) => {
    const server = await upstream((_, response) => response.writeHead(status).end());
    await expect(client().open({ url: `${server.url}/t/secret/x` })).rejects.toMatchObject({
      code,
      transient: requests > 1,
      message: expect.stringContaining('/t/***/x'),
    });
    expect(server.asked.length).toBe(requests);
  });

  test('a fault that passes is not seen', async () => {
    const server: Upstream = await upstream((request, response) => {
      if (server.asked.length === 1) request.socket.destroy();
      else if (server.asked.length === 2) response.writeHead(503, { 'retry-after': '0' }).end();
      else response.end('at last');
    });
    expect(await text(await client().open({ url: server.url }))).toBe('at last');
    expect(server.asked.length).toBe(3);
  });

  test.each([
    ['3600', 20],
    [new Date(Date.parse('2026-01-01T00:00:00Z') + 3_600_000).toUTCString(), 20],
  ])('Retry-After %s is heeded, within bounds', async (header, atLeastMs) => {
    const server: Upstream = await upstream((_, response) => {
      if (server.asked.length === 1) response.writeHead(429, { 'retry-after': header }).end();
      else response.end();
    });
    const began = performance.now();
    await text(await client({ now: () => Date.parse('2026-01-01T00:00:00Z') }).open({ url: server.url }));
    expect(performance.now() - began).toBeGreaterThanOrEqual(atLeastMs - 2);
  });

  test('nobody there', async () => {
    const server = await upstream(() => {});
    await server.close();
    await expect(client().open({ url: server.url, attempts: 2 })).rejects.toMatchObject({
      code: 'upstream_unavailable',
      found: 'ECONNREFUSED',
    });
  });

  test('a slow upstream is given up: headers, then body', async () => {
    const server = await upstream((request, response) => {
      if (request.url === '/body') response.write('a');
    });
    const hasty = client({ timeouts: { headersMs: 50, bodyMs: 50 } });
    await expect(hasty.open({ url: `${server.url}/headers`, attempts: 1 })).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    const patient = client({ timeouts: { headersMs: 60_000, bodyMs: 50 } });
    await expect(text(await patient.open({ url: `${server.url}/body` }))).rejects.toMatchObject({
      code: 'upstream_unavailable',
      transient: true,
    });
  });

  test('a body that ends too early is an error', async () => {
    const server = await upstream((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    });
    await expect(text(await client().open({ url: server.url }))).rejects.toMatchObject({
      code: 'upstream_unavailable',
      transient: true,
    });
  });

  test('an abort ends waiting, pausing and reading with its reason', async () => {
    const reason = new Error('stop');
    const server = await upstream((request, response) => {
      if (request.url === '/slow') return;
      if (request.url === '/busy') response.writeHead(503).end();
      else response.write('a');
    });
    const http = client({ retryPauseMs: 60_000, longestPauseMs: 60_000 });
    for (const path of ['/slow', '/busy', '/body']) {
      const abort = new AbortController();
      setTimeout(() => abort.abort(reason), 30);
      await expect(http.open({ url: server.url + path, signal: abort.signal }).then(text), path).rejects.toBe(reason);
    }
  });
});

describe('redirects', () => {
  test('to a user that is written wrong are followed all the same', async () => {
    const there = await upstream((_, response) => response.end('there'));
    const to = there.url.replace('http://', 'http://a%zz:b%@');
    const here = await upstream((_, response) => response.writeHead(302, { location: to }).end());
    expect(await text(await client().open({ url: here.url }))).toBe('there');
  });

  test('are followed, and keep credentials at home', async () => {
    const other = await upstream((_, response) => response.end('there'));
    const server = await upstream((request, response) => {
      response.writeHead(302, { location: request.url === '/a' ? '/b' : `${other.url}/c` }).end();
    });
    const answer = await client().open({ url: `${server.url.replace('//', '//me:p%40ss@')}/a` });
    expect(await text(answer)).toBe('there');
    expect(answer.url).toBe(`${other.url}/c`);
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(server.requests.map((request) => request.headers.authorization)).toEqual([basic, basic]);
    expect(other.requests.map((request) => request.headers.authorization)).toEqual([undefined]);
  });

  test.each([
    ['http://169.254.169.254/latest/meta-data/', 'source_refused'],
    ['http://[::ffff:a9fe:a9fe]/', 'source_refused'],
    ['http://127.0.0.2:1/', 'source_refused'],
    ['file:///etc/passwd', 'source_refused'],
    ['ftp://127.0.0.1/', 'source_refused'],
    ['http://', 'source_refused'],
  ])('to %s are refused', async (location, code) => {
    const server = await upstream((_, response) => response.writeHead(307, { location }).end());
    await expect(client().open({ url: server.url })).rejects.toMatchObject({ code, transient: false });
    expect(server.asked.length).toBe(1);
  });

  test('end', async () => {
    const server = await upstream((_, response) => response.writeHead(301, { location: '/' }).end());
    await expect(client().open({ url: server.url })).rejects.toMatchObject({ code: 'upstream_malformed' });
    expect(server.asked.length).toBe(6);
  });
});

describe('the guard', () => {
  test('is asked about a name at every connection, and the connection goes where it said', async () => {
    const server = await upstream((_, response) => response.setHeader('connection', 'close').end('ok'));
    const places = ['127.0.0.1', '169.254.169.254'];
    const guard = createSourceGuard(parseSourceRules('127.0.0.1', '/nowhere'), [], {
      lookup: async () => [{ address: places.shift()!, family: 4 }],
      ownAddresses: () => new Set(),
    });
    const http = client({ guard });
    const url = `http://rebind.example:${server.port}/`;
    expect(await text(await http.open({ url }))).toBe('ok');
    await expect(http.open({ url })).rejects.toMatchObject({ code: 'source_refused' });
    expect(server.asked.length).toBe(1);
  });

  test('keeps loopback out by default', async () => {
    const server = await upstream((_, response) => response.end());
    await expect(client({}, '').open({ url: server.url })).rejects.toMatchObject({ code: 'source_refused' });
    expect(server.asked).toEqual([]);
  });
});

describe('tls', () => {
  const at = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8');
  const tls = { key: at('localhost.key'), cert: at('localhost.pem') };

  async function secure(handler: Parameters<typeof startUpstream>[0]) {
    const server = await startUpstream(handler, tls);
    open.push(server);
    return server;
  }

  test('trusts an extra authority, and nobody unknown', async () => {
    const server = await secure((_, response) => response.end('safe'));
    expect(await text(await client({ extraCa: tls.cert }).open({ url: server.url }))).toBe('safe');
    await expect(client().open({ url: server.url })).rejects.toMatchObject({
      code: 'upstream_unavailable',
      transient: false,
      message: expect.stringContaining('SLUICE_CA_FILE'),
    });
  });

  test('is not left by a redirect', async () => {
    const server = await secure((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
    await expect(client({ extraCa: tls.cert }).open({ url: server.url })).rejects.toMatchObject({
      code: 'source_refused',
    });
  });

  test('goes through an authenticating CONNECT proxy', async () => {
    const server = await secure((_, response) => response.end('tunnelled'));
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      tunnels.push(`${request.headers['proxy-authorization']} ${request.url}`);
      if (request.headers['proxy-authorization'] === undefined) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      const to = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        to.pipe(socket).pipe(to);
      });
      to.on('error', () => socket.destroy());
      socket.on('error', () => to.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    open.push({ close: async () => void proxy.close() });
    const { port } = proxy.address() as AddressInfo;

    const http = client({ extraCa: tls.cert });
    expect(await text(await http.open({ url: server.url, proxy: `http://u:p@127.0.0.1:${port}` }))).toBe('tunnelled');
    await expect(http.open({ url: server.url, proxy: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'upstream_denied',
      message: expect.stringContaining('The proxy wants other credentials'),
    });
    expect(tunnels).toEqual([
      `Basic ${Buffer.from('u:p').toString('base64')} 127.0.0.1:${server.port}`,
      `undefined 127.0.0.1:${server.port}`,
    ]);
    await http.close();
  });
});

describe('proxies', () => {
  async function proxy() {
    const server = await upstream((request, response) => {
      if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from('u:p').toString('base64')}`) {
        response.writeHead(407).end();
        return;
      }
      response.end(`by proxy: ${request.url}`);
    });
    return server;
  }

  test('carry plain requests, with their own credentials', async () => {
    const server = await proxy();
    const of = `http://u:p@127.0.0.1:${server.port}`;
    expect(await text(await client().open({ url: 'http://conda.invalid/x', proxy: of }))).toBe(
      'by proxy: http://conda.invalid/x',
    );
    const byEnvironment = client({ proxies: { http: of, none: ['direct.invalid'] } }, '');
    expect(await text(await byEnvironment.open({ url: 'http://conda.invalid/y' }))).toBe(
      'by proxy: http://conda.invalid/y',
    );
    await expect(byEnvironment.open({ url: 'http://direct.invalid/', attempts: 1 })).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });

  test('of a mirror pass the guard, and so does their target', async () => {
    const server = await proxy();
    const of = `http://u:p@127.0.0.1:${server.port}`;
    await expect(client({}, '').open({ url: 'http://conda.invalid/', proxy: of })).rejects.toMatchObject({
      code: 'source_refused',
    });
    await expect(client().open({ url: 'http://169.254.169.254/', proxy: of })).rejects.toMatchObject({
      code: 'source_refused',
    });
    expect(server.asked).toEqual([]);
  });

  test('without the right password say so', async () => {
    const server = await proxy();
    await expect(
      client().open({ url: 'http://conda.invalid/', proxy: `http://127.0.0.1:${server.port}` }),
    ).rejects.toMatchObject({
      code: 'upstream_denied',
      message: expect.stringContaining('The proxy wants other credentials'),
    });
  });
});
