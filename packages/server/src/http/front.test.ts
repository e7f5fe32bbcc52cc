import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { MirrorError } from '@sluice/mirror';
import { afterEach, describe, expect, test } from 'vitest';
import { ServerError } from '../errors.ts';
import { createLog } from '../log.ts';
import { type Behind, type Front, openFront } from './front.ts';
import { createMetrics } from './metrics.ts';
import type { Protocol } from './protocol.ts';
import { requestContext } from './request-context.ts';

let front: Front;
let lines: string[];
afterEach(() => front.close(0));

async function start(behind?: Partial<Behind>): Promise<void> {
  lines = [];
  front = await openFront({
    listen: {
      host: '127.0.0.1',
      port: 0,
      public_url: undefined,
      trusted_proxies: undefined,
      accel_redirect: undefined,
      tls: undefined,
    },
    log: createLog('info', { write: (line) => void lines.push(line) }),
    metrics: createMetrics(),
    newId: randomUUID,
  });
  if (behind === undefined) return;
  const api: Behind['api'] = (request, response) => void response.end(`api ${request.url}`);
  front.open({ protocols: [], api, databaseUp: async () => true, ...behind });
}

const logged = (path: string) => lines.map((line) => JSON.parse(line)).filter((line) => line.path === path);

describe('before it is open', () => {
  test('it lives, is not ready, and tells everybody to come back', async () => {
    await start();
    expect((await fetch(`${front.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${front.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'starting or stopping' }]);
    const answer = await fetch(`${front.url}/api/account`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await answer.json()).toMatchObject({ code: 'unavailable' });
  });
});

describe('readiness', () => {
  test('is gone while the database is away; life is not', async () => {
    await start({ databaseUp: async () => false });
    expect((await fetch(`${front.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${front.url}/health/live`)).status).toBe(200);
  });
});

describe('protocols', () => {
  test('are asked in order, at once or later; what none takes goes to the API', async () => {
    const asked: string[] = [];
    const door =
      (name: string, later: boolean): Protocol =>
      (request, response) => {
        asked.push(name);
        if (request.url !== `/${name}`) return later ? Promise.resolve(false) : false;
        response.end(name);
        return later ? Promise.resolve(true) : true;
      };
    await start({ protocols: [door('one', false), door('two', true), door('three', false)] });
    expect(await (await fetch(`${front.url}/two`)).text()).toBe('two');
    expect(asked).toEqual(['one', 'two']);
    expect(await (await fetch(`${front.url}/four`)).text()).toBe('api /four');
    expect(asked).toEqual(['one', 'two', 'one', 'two', 'three']);
  });

  test('see no token in the URL, and the credential beside it', async () => {
    const seen: unknown[] = [];
    const door: Protocol = (request, response) => {
      seen.push(request.url, requestContext(request).credential, requestContext(request).address);
      response.end();
      return true;
    };
    await start({ protocols: [door] });
    await fetch(`${front.url}/api/repo/t/slc-abc/main/noarch/repodata.json?x=1`);
    expect(seen).toEqual([
      '/api/repo/main/noarch/repodata.json?x=1',
      { kind: 'secret', secret: 'slc-abc' },
      '127.0.0.1',
    ]);
  });

  test.each([
    ['http://other.example:80/api/repo/t/slc-abc/main/x?y=http://z/', '/api/repo/main/x?y=http://z/'],
    ['HTTPS://other.example', '/'],
    ['/http://other.example/x', '/http://other.example/x'],
  ])('see of %s the path only, as a client writes it that takes us for a proxy', async (target, path) => {
    await start({});
    const asked = httpRequest({ port: front.port, path: target }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe(`api ${path}`);
  });

  test('refuse by throwing: the problem goes out with a Basic challenge', async () => {
    const door: Protocol = async (_, response) => {
      response.setHeader('ETag', '"x"');
      throw new ServerError('unauthenticated', 'Sign in.');
    };
    await start({ protocols: [door] });
    const answer = await fetch(`${front.url}/api/repo/main`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="sluice", charset="UTF-8"');
    expect(answer.headers.get('etag')).toBeNull();
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated', detail: 'Sign in.' });
  });

  test('a fault after the first byte cuts the answer, so that nobody takes it for whole', async () => {
    const door: Protocol = async (_, response) => {
      response.writeHead(200, { 'Content-Length': 10 });
      response.write('half');
      await sleep(20);
      throw new Error('disk gone');
    };
    await start({ protocols: [door] });
    await expect(fetch(`${front.url}/x`).then((answer) => answer.text())).rejects.toThrow();
    await expect.poll(() => logged('/x')).toMatchObject([{ status: 200, cut: true }]);
    expect(lines.some((line) => line.includes('disk gone'))).toBe(true);
  });

  test('an answer that is cut for a reason we know leaves that in the log, since nobody can be told', async () => {
    const door: Protocol = async (_, response) => {
      response.writeHead(200, { 'Content-Length': 10 });
      response.write('half');
      await sleep(20);
      throw new MirrorError('digest_mismatch', 'The file is not the one that is listed.', { wanted: 'a', found: 'b' });
    };
    await start({ protocols: [door] });
    await expect(fetch(`${front.url}/x`).then((answer) => answer.text())).rejects.toThrow();
    const detail = 'The file is not the one that is listed.';
    await expect.poll(() => logged('/x')).toHaveLength(2);
    expect(logged('/x')).toContainEqual(expect.objectContaining({ level: 'warn', code: 'digest_mismatch', detail }));
  });

  test('what clients download leaves no line, what they are refused does', async () => {
    const door: Protocol = (request, response) => {
      requestContext(request).route = '/api/repo/*';
      response.statusCode = request.url === '/gone' ? 404 : request.url === '/same' ? 304 : 200;
      response.end();
      return true;
    };
    await start({ protocols: [door] });
    for (const path of ['/served', '/same', '/gone']) await (await fetch(front.url + path)).text();
    await expect.poll(() => logged('/gone')).toHaveLength(1);
    expect(lines).toHaveLength(1);
  });
});

test('a client that goes away is not an error', async () => {
  let arrived: () => void = () => {};
  const there = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await start({ api: () => arrived() });
  const call = httpRequest(`${front.url}/slow`);
  call.on('error', () => {});
  call.end();
  await there;
  call.destroy();
  await expect.poll(() => logged('/slow')).toMatchObject([{ status: 499, level: 'info' }]);
});

describe('closing', () => {
  test('running requests end, new ones are refused, kept connections are let go', async () => {
    const answers: (() => void)[] = [];
    await start({ api: (_, response) => void answers.push(() => response.end('done')) });
    const agent = new Agent({ keepAlive: true });
    const running = new Promise<IncomingMessage>((resolve, reject) => {
      get(`${front.url}/running`, { agent }, resolve).on('error', reject);
    });
    await expect.poll(() => answers).toHaveLength(1);
    const closed = front.close(10_000);
    await sleep(50);
    await expect(fetch(`${front.url}/late`)).rejects.toThrow();
    answers[0]!();
    const answer = await running;
    expect(answer.statusCode).toBe(200);
    answer.resume();
    const begun = performance.now();
    await closed;
    expect(performance.now() - begun).toBeLessThan(8_000);
    agent.destroy();
  });

  test('a connection that never asked for anything is let go', async () => {
    await start({});
    const connection = connect(front.port, '127.0.0.1');
    const ended = new Promise((resolve) => connection.once('close', resolve));
    await expect((await fetch(`${front.url}/x`)).text()).resolves.toBe('api /x');
    const begun = performance.now();
    await front.close(10_000);
    expect(performance.now() - begun).toBeLessThan(8_000);
    await ended;
  });

  test('requests that do not end are cut when patience does', async () => {
    await start({ api: () => {} });
    const hanging = fetch(`${front.url}/hanging`).then(
      () => 'answered',
      () => 'cut',
    );
    await sleep(50);
    const begun = performance.now();
    await front.close(200);
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(await hanging).toBe('cut');
  });
});

test('an address that is taken: one line that says what to set', async () => {
  await start();
  const again = openFront({
    listen: {
      host: '127.0.0.1',
      port: front.port,
      public_url: undefined,
      trusted_proxies: undefined,
      accel_redirect: undefined,
      tls: undefined,
    },
    log: createLog('silent'),
    metrics: createMetrics(),
    newId: randomUUID,
  });
  await expect(again).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${front.port}: another program listens there. Set SLUICE_HOST or SLUICE_PORT.`,
  );
});
