import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { routedUrl } from './channel-path.ts';
import { answer, connect } from './connect.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

async function listen(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([
  ['http://x/api/channels/a', 'http://x/api/channels/a'],
  ['http://x/api/channels/a%2Fb', 'http://x/api/channels/a/subchannels/b'],
  ['http://x/api/channels/a%2Fb/mirrors/1?limit=2', 'http://x/api/channels/a/subchannels/b/mirrors/1?limit=2'],
  ['http://x/api/channels/a/artifacts/conda/b%2Fc', 'http://x/api/channels/a/artifacts/conda/b%2Fc'],
])('%s goes to %s', (url, routed) => {
  expect(routedUrl(url)).toBe(routed);
});

test('a request for a subchannel keeps its body, its token and its method', async () => {
  const seen: unknown[] = [];
  const url = await listen(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push(request.method, request.url, request.headers.authorization, JSON.parse(body));
    response.setHeader('content-type', 'application/json').end('{"name":"b"}');
  });
  const api = connect({ url, token: 'slc-t' });
  const params = { path: { channel: 'a/b' } };
  const channel = await answer(api.PUT('/api/channels/{channel}', { params, body: { description: 'é' } }));
  expect(channel.name).toBe('b');
  expect(seen).toEqual(['PUT', '/api/channels/a/subchannels/b', 'Bearer slc-t', { description: 'é' }]);
});

test('a refusal is an error with the server’s words', async () => {
  const problem = { status: 409, code: 'channel_exists', detail: 'It is there.', wanted: 'another', found: 'a' };
  const url = await listen((_, response) => {
    response.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });
  const asked = answer(connect({ url, token: undefined }).GET('/api/account'));
  await expect(asked).rejects.toMatchObject({ code: 'refused', message: 'It is there.', wanted: 'another', problem });
});

test.each<[string, RequestListener]>([
  ['a page', (_, response) => void response.setHeader('content-type', 'text/html').end('<html>')],
  [
    'a page of a proxy',
    (_, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('Bad gateway'),
  ],
  [
    'JSON of another kind',
    (_, response) => void response.writeHead(404, { 'content-type': 'application/json' }).end('{"ok":0}'),
  ],
])('%s is no Sluice', async (_, listener) => {
  const url = await listen(listener);
  const asked = answer(connect({ url, token: undefined }).GET('/api/account'));
  await expect(asked).rejects.toMatchObject({ code: 'not_sluice', message: expect.stringContaining(url) });
});

test('a server that is not there is named', async () => {
  const url = await listen(() => {});
  await new Promise((resolve) => server!.close(resolve));
  const asked = answer(connect({ url, token: undefined }).GET('/api/account'));
  await expect(asked).rejects.toMatchObject({
    code: 'unreachable',
    message: `There is no answer from ${url}: nothing listens there.`,
  });
});

test('a connection that breaks is no crash', async () => {
  const url = await listen((request) => void request.socket.destroy());
  const asked = answer(connect({ url, token: undefined }).GET('/api/account'));
  await expect(asked).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('broke') });
});
