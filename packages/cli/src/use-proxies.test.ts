import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callCli } from './testing/cli-process.ts';

let proxy: Server;
let address: string;
let asked: string[];
beforeEach(async () => {
  asked = [];
  proxy = createServer((request, response) => {
    asked.push(request.url!);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"x","detail":"from the proxy"}');
  });
  proxy.on('connect', (request, socket) => {
    asked.push(request.url!);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterEach(async () => {
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

const whoami = (env: Record<string, string>) =>
  callCli(['whoami', '--json'], { env: { HOME: '/nonexistent', ...env } });

test('requests go through the proxy', async () => {
  await whoami({ HTTP_PROXY: address, SLUICE_URL: 'http://sluice.invalid' });
  expect(asked.join()).toContain('sluice.invalid');
});

test('but not those to this machine, and not those to NO_PROXY', async () => {
  const own = await whoami({ HTTP_PROXY: address, SLUICE_URL: 'http://127.0.0.1:9' });
  const exempt = await whoami({ HTTP_PROXY: address, NO_PROXY: 'sluice.invalid', SLUICE_URL: 'http://sluice.invalid' });
  expect(asked).toEqual([]);
  expect([own.json.error.code, exempt.json.error.code]).toEqual(['unreachable', 'unreachable']);
});

test('one that is no URL is said in a line', async () => {
  const { status, stderr, json } = await whoami({ HTTP_PROXY: 'http://[', SLUICE_URL: 'http://sluice.invalid' });
  expect([status, json.error.code]).toEqual([2, 'usage']);
  expect(stderr).toMatch(/^sluice: HTTP_PROXY or HTTPS_PROXY does not name a proxy\.\n {2}wanted: .*\n$/);
});
