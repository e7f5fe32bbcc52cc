import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ProxyServer, startProxyServer } from './proxy-server.ts';
import { makeTestAuthority } from './test-authority.ts';
import { startUpstreamServer, type UpstreamServer } from './upstream-server.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-proxy-'));
writeFileSync(path.join(folder, 'a.txt'), 'hello');
const authority = makeTestAuthority();
const wanted = `Basic ${btoa('me:pass')}`;

let plain: UpstreamServer;
let secure: UpstreamServer;
let proxy: ProxyServer;
beforeAll(async () => {
  plain = await startUpstreamServer({ folder });
  secure = await startUpstreamServer({ folder, tls: authority.certify('upstream.test', '127.0.0.1') });
});
beforeEach(async () => {
  proxy = await startProxyServer({ credentials: 'me:pass', hosts: { 'upstream.test': '127.0.0.1' } });
  return () => proxy.close();
});
afterAll(async () => {
  await plain.close();
  await secure.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  status: number | undefined;
  text: string;
}

async function plainly(authorization?: string): Promise<Answer> {
  const headers = authorization ? { 'proxy-authorization': authorization } : {};
  return new Promise((resolve, reject) => {
    request(proxy.url, { path: `http://upstream.test:${plain.port}/a.txt`, headers }, async (answer) => {
      resolve({ status: answer.statusCode, text: (await answer.toArray()).join('') });
    })
      .on('error', reject)
      .end();
  });
}

async function tunnelled(authorization?: string, ca = authority.ca): Promise<Answer> {
  const headers = authorization ? { 'proxy-authorization': authorization } : {};
  const [status, socket] = await new Promise<[number | undefined, Socket]>((resolve, reject) => {
    request(proxy.url, { method: 'CONNECT', path: `upstream.test:${secure.port}`, headers })
      .on('connect', (answer, tunnel) => resolve([answer.statusCode, tunnel]))
      .on('error', reject)
      .end();
  });
  if (status !== 200) return { status, text: '' };
  return new Promise((resolve, reject) => {
    const options = { createConnection: undefined, socket, ca, path: '/a.txt', host: 'upstream.test', agent: false };
    requestSecurely(options as object, async (answer) => {
      resolve({ status: answer.statusCode, text: (await answer.toArray()).join('') });
    })
      .on('error', reject)
      .end();
  });
}

it('passes plain requests on for who shows the password', async () => {
  expect(await plainly(wanted)).toEqual({ status: 200, text: 'hello' });
  expect((await plainly()).status).toBe(407);
  expect((await plainly(`Basic ${btoa('me:no')}`)).status).toBe(407);
  expect(plain.asked.at(-1)!.headers).not.toHaveProperty('proxy-authorization');
  expect(proxy.asked.map(({ method, admitted }) => [method, admitted])).toEqual([
    ['GET', true],
    ['GET', false],
    ['GET', false],
  ]);
});

it('makes tunnels for who shows the password', async () => {
  expect(await tunnelled(wanted)).toEqual({ status: 200, text: 'hello' });
  expect((await tunnelled()).status).toBe(407);
  expect(proxy.asked[0]).toEqual({ method: 'CONNECT', target: `upstream.test:${secure.port}`, admitted: true });
});

it('an authority of ours is trusted by who has it and by nobody else', async () => {
  await expect(tunnelled(wanted, makeTestAuthority().ca)).rejects.toMatchObject({
    code: expect.stringMatching(/CERT|VERIFY|SIGNATURE/),
  });
});
