import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTestAuthority, type ProxyServerOptions, startProxyServer } from '@sluice/testkit';
import { afterEach, expect, test } from 'vitest';
import type { MirrorInput } from '../definition/read-definition.ts';
import { proxyRulesOf } from '../fetch/proxy-rules.ts';
import { testHttp } from '../testing/deps.ts';
import { type Scene, sceneForEach } from '../testing/scene.ts';
import { startUpstream, type Upstream } from '../testing/upstream.ts';
import { createMirror } from '../verbs/create-mirror.ts';
import { mirrorInfo } from '../verbs/mirror-view.ts';

let scene: Scene;
sceneForEach((set) => {
  scene = set;
});
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const secret = 's3cret';
const basic = `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`;
const bearer = `Bearer ${secret}`;
const authority = makeTestAuthority();

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(answer: Answer, tls?: { key: string; cert: string }): Promise<Upstream> {
  const server = await startUpstream(answer, tls);
  open.push(server);
  return server;
}

/** The bytes of what lies below a prefix of the channel; undefined for what does not. */
function below(prefix: string, request: IncomingMessage): Buffer | undefined {
  const path = decodeURIComponent(new URL(request.url!, 'http://host').pathname);
  const file = join(scene.channel, path.slice(prefix.length));
  return path.startsWith(prefix) && /\.\w+$/.test(path) && existsSync(file) ? readFileSync(file) : undefined;
}

const send = (response: ServerResponse, bytes: Buffer | undefined, type = 'application/octet-stream') =>
  bytes ? response.writeHead(200, { 'content-type': type }).end(bytes) : response.writeHead(404).end('not here');

/** Bring a subdir in as a whole, twice, and see that it is all there and that nothing of the secret stays behind. */
async function mirrored(input: Partial<MirrorInput>): Promise<void> {
  const { bench } = scene;
  const id = await bench.mirror({ mirror_mode: 'active', filters: { subdirs: ['linux-64', 'noarch'] }, ...input });
  const run = await bench.lastRun(id);
  expect([run.state, run.error_text]).toEqual(['completed', null]);
  expect(run.counts).toMatchObject({ active: 37, failed: 0 });
  const shown = JSON.stringify(await mirrorInfo(bench.deps, id));
  const { rows } = await bench.database.pool.query(
    `select row_to_json(event)::text as text from event union all select row_to_json(source)::text from source
     union all select row_to_json(run)::text from run union all select row_to_json(source_part)::text from source_part`,
  );
  expect(shown + rows.map(({ text }) => text).join()).not.toContain(secret);
}

test('another Sluice or Anaconda server, by Bearer', async () => {
  const prefix = '/api/repo/team/dev/';
  const server = await serve((request, response) => {
    const allowed = request.headers.authorization === bearer;
    if (allowed) send(response, below(prefix, request));
    else response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
  });
  await mirrored({ source_root: `${server.url}${prefix}`, credentials: { token: secret } });
});

test.each([`/api/repo/t/${secret}/team/`, `/t/${secret}/api/repo/team/`, `/api/repo/team/t/${secret}/dev/`])(
  'a token anywhere in the path: %s',
  async (prefix) => {
    const server = await serve((request, response) => void send(response, below(prefix, request)));
    await mirrored({ source_root: `${server.url}${prefix}` });
    expect(server.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  },
);

test('quetz: files from signed addresses of another host, which refuses whoever shows credentials', async () => {
  const store = await serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://host');
    if (request.headers.authorization || searchParams.get('X-Amz-Signature') !== 'abc')
      return void response.writeHead(400).end();
    send(response, below('/bucket/', Object.assign(request, { url: pathname })));
  });
  const prefix = `/t/${secret}/get/main/`;
  const server = await serve((request, response) => {
    if (!/\.(conda|bz2)$/.test(request.url!)) return void send(response, below(prefix, request));
    const location = `${store.url}/bucket/${request.url!.slice(prefix.length)}?X-Amz-Signature=abc`;
    response.writeHead(307, { location }).end();
  });
  await mirrored({ source_root: `${server.url}${prefix}`, credentials: { username: 'me', password: secret } });
  expect(store.asked.length).toBe(37);
  expect(store.asked.every((line) => line.startsWith('GET /bucket/'))).toBe(true);
});

test('Artifactory: Basic, only repodata.json, gzipped and as text, no HEAD, no validators', async () => {
  const prefix = '/artifactory/api/conda/conda-remote/';
  const server = await serve((request, response) => {
    if (request.headers.authorization !== basic) return void response.writeHead(401).end();
    if (request.method !== 'GET') return void response.writeHead(405).end();
    const isDocument = request.url!.endsWith('/repodata.json');
    if (!isDocument && !/\.(conda|bz2)$/.test(request.url!)) {
      return void response
        .writeHead(404, { 'content-type': 'application/json' })
        .end(JSON.stringify({ errors: [{ status: 404, message: 'File not found.' }] }));
    }
    const bytes = below(prefix, request);
    if (!isDocument || !bytes) return void send(response, bytes, 'application/x-bzip2');
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(gzipSync(bytes));
  });
  const credentials = { username: 'me', password: secret };
  await mirrored({ source_root: `${server.url}${prefix}/`, credentials });
});

test('Nexus: a page of its own for what it does not have, redirects within itself', async () => {
  const prefix = '/repository/conda-proxy/';
  const server = await serve((request, response) => {
    if (request.headers.authorization !== basic) return void response.writeHead(403).end();
    if (/\.zst$|channeldata/.test(request.url!))
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Nexus Repository</html>');
    if (request.url!.startsWith(prefix))
      return void response.writeHead(302, { location: request.url!.replace(prefix, '/blobs/') }).end();
    send(response, below('/blobs/', request), 'application/json;charset=utf-8');
  });
  await mirrored({ source_root: `${server.url.replace('//', `//me:${secret}@`)}${prefix}` });
});

test('a private authority, of one mirror or of the installation', async () => {
  const server = await serve(
    (request, response) => void send(response, below('/c/', request)),
    authority.certify('127.0.0.1'),
  );
  const source_root = `${server.url}/c`;
  const stranger = await scene.bench.mirror({ source_root });
  expect(await scene.bench.lastRun(stranger)).toMatchObject({
    state: 'failed',
    error_code: 'upstream_unavailable',
    error_text: expect.stringContaining('not trusted'),
  });
  await mirrored({ source_root, ca: authority.ca });
  // The others still do not trust it, and it is a source of its own.
  await scene.bench.work();
  const again = await scene.bench.mirror({ source_root });
  expect((await scene.bench.lastRun(again)).state).toBe('failed');
  const { rows } = await scene.bench.database.pool.query('select count(*)::int as n from source');
  expect(rows).toEqual([{ n: 2 }]);

  const http = testHttp(scene.bench.deps.guard, { extraCa: authority.ca });
  open.push(http);
  scene.bench.deps.http = http;
  await mirrored({ source_root });
});

async function proxied(options: ProxyServerOptions = {}) {
  const proxy = await startProxyServer({ credentials: `proxy-user:${secret}`, ...options });
  open.push(proxy);
  return { asked: proxy.asked, url: proxy.url.replace('//', `//proxy-user:${secret}@`), bare: proxy.url };
}

test('a host that only an authenticating proxy can reach, over TLS with an authority of its own', async () => {
  const server = await serve((request, response) => {
    if (request.headers.authorization === bearer) send(response, below('/c/', request));
    else response.writeHead(401).end();
  }, authority.certify('upstream.test'));
  const proxy = await proxied({ hosts: { 'upstream.test': '127.0.0.1' } });
  const input = {
    source_root: `https://upstream.test:${server.port}/c`,
    ca: authority.ca,
    credentials: { token: secret },
  };
  await mirrored({ ...input, proxy: proxy.url });
  expect(new Set(proxy.asked.map(({ method, target, admitted }) => `${method} ${target} ${admitted}`))).toEqual(
    new Set([`CONNECT upstream.test:${server.port} true`]),
  );
  // Whoever has no password for the proxy learns that, and the proxy sees nothing of what is for the source.
  const id = await scene.bench.mirror({ ...input, proxy: proxy.bare });
  expect(await scene.bench.lastRun(id)).toMatchObject({
    state: 'failed',
    error_text: expect.stringContaining('proxy'),
  });
});

test('the proxy of the installation, but for what NO_PROXY names', async () => {
  const server = await serve((request, response) => void send(response, below('/c/', request)));
  const proxy = await proxied({ hosts: { 'upstream.test': '127.0.0.1' } });
  const proxies = proxyRulesOf({ HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' } as never);
  const http = testHttp(scene.bench.deps.guard, { proxies });
  open.push(http);
  scene.bench.deps.http = http;
  await mirrored({ source_root: `${server.url}/c` });
  expect(proxy.asked).toEqual([]);
  const id = await createMirror(
    scene.bench.deps,
    {
      channelId: scene.bench.channel.id,
      input: {
        mirror_name: 'far',
        source_root: `http://upstream.test:${server.port}/c`,
        filters: { subdirs: ['noarch'] },
      },
      run_now: true,
    },
    { name: 'tester' },
  );
  await scene.bench.work();
  expect((await scene.bench.lastRun(id)).state).toBe('completed');
  expect(proxy.asked.length).toBeGreaterThan(0);
  expect(proxy.asked.every(({ admitted, target }) => admitted && target.startsWith('http://upstream.test:'))).toBe(
    true,
  );
});
