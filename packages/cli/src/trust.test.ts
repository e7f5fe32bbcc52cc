import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTestAuthority } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callCli } from './testing/cli-process.ts';

let server: Server;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-trust-'));
  const authority = makeTestAuthority();
  writeFileSync(join(folder, 'ca.pem'), authority.ca);
  writeFileSync(join(folder, 'other.pem'), makeTestAuthority().ca);
  writeFileSync(join(folder, 'none.pem'), 'nothing');
  server = createServer(authority.certify('127.0.0.1'), (_, response) => {
    response.writeHead(401, { 'content-type': 'application/problem+json' });
    response.end('{"code":"unauthenticated","status":401,"title":"x","detail":"Sign in."}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  env = { HOME: folder, XDG_CONFIG_HOME: folder };
  await config('set', 'sites.master.url', `https://127.0.0.1:${(server.address() as AddressInfo).port}/api`);
  await config('set', 'default_site', 'master');
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const config = (...argv: string[]) => callCli(['config', ...argv], { env });
const asked = async () => (await callCli(['whoami', '--json'], { env })).json.error.code;

test('a server with a private authority is trusted as the settings say, and not otherwise', async () => {
  expect(await asked()).toBe('unreachable');
  await config('set', 'ssl_verify', 'false');
  expect(await asked()).toBe('unauthenticated');
  await config('set', 'ssl_verify', join(folder, 'ca.pem'));
  expect(await asked()).toBe('unauthenticated');
  await config('set', 'sites.master.ssl_verify', join(folder, 'other.pem'));
  expect(await asked()).toBe('unreachable');
  await config('set', 'sites.master.ssl_verify', 'true');
  expect(await asked()).toBe('unreachable');
  await config('set', 'sites.master.ssl_verify', join(folder, 'none.pem'));
  expect(await asked()).toBe('config_invalid');
});
