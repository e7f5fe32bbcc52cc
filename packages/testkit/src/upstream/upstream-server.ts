import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import { type FaultPlan, planFaults } from './fault-plan.ts';
import { type ServingOptions, serveFile } from './serve-file.ts';
import { withoutToken } from './token-gate.ts';

/** One request as it was answered. */
export interface AskedOf {
  readonly method: string;
  /** Path as asked, with any `/t/<token>`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** 0 while the answer is held back, and of one that never came. */
  status: number;
  /** Of the body, so far. */
  bytes: number;
}

/** How the server behaves as a whole. */
export interface UpstreamServerOptions extends ServingOptions {
  /** What it serves. Read at each request, so a test may change it. */
  readonly folder: string;
  /** Only who shows this token gets anything: `/t/<token>/…`, Bearer, or the password of Basic. Others get 401. */
  readonly token?: string;
  /** Speak https with this certificate (`makeTestAuthority`); plain http without. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The address to listen on; loopback unless told otherwise. */
  readonly host?: string;
}

/** A plain HTTP file server that can fail as real ones do, and counts. */
export interface UpstreamServer extends Pick<FaultPlan, 'fail' | 'failAt' | 'failFrom'> {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly asked: readonly AskedOf[];
  /** How often a path was asked for, by GET unless told otherwise. */
  count(path: string, method?: string): number;
  /** By path: how often it was asked for, and how many bytes of bodies went out. */
  traffic(): Map<string, { requests: number; bytes: number }>;
  /** Serve well again, and forget what was asked. */
  reset(): void;
  /** Break all connections and stop listening. */
  close(): Promise<void>;
}

/** Start one on a free port. */
export async function startUpstreamServer(options: UpstreamServerOptions): Promise<UpstreamServer> {
  const asked: AskedOf[] = [];
  const plan = planFaults();
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const pathname = new URL(request.url!, 'http://upstream').pathname;
    const entry: AskedOf = { method: request.method!, path: pathname, headers: request.headers, status: 0, bytes: 0 };
    const index = asked.push(entry) - 1;
    const inside = options.token === undefined ? pathname : withoutToken(request, pathname, options.token);
    const answered =
      inside === undefined
        ? refuse(response, entry)
        : answer(request, response, entry, decodeURIComponent(inside), options, plan.take(index, inside));
    // A client that left, or a cut of ours.
    answered.catch(() => response.destroy());
  };
  const server = options.tls ? createSecureServer(options.tls, listener) : createServer(listener);
  const { host = '127.0.0.1' } = options;
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    asked,
    count: (pathname, method = 'GET') =>
      asked.filter((entry) => entry.path === pathname && entry.method === method).length,
    traffic: () => trafficOf(asked),
    fail: plan.fail,
    failAt: plan.failAt,
    failFrom: plan.failFrom,
    reset: () => {
      plan.clear();
      asked.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function trafficOf(asked: readonly AskedOf[]): Map<string, { requests: number; bytes: number }> {
  const byPath = Map.groupBy(asked, ({ path }) => path);
  return new Map(
    [...byPath].map(([path, entries]) => [
      path,
      { requests: entries.length, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) },
    ]),
  );
}

async function refuse(response: ServerResponse, entry: AskedOf): Promise<void> {
  entry.status = 401;
  response.writeHead(401, { 'www-authenticate': 'Basic realm="upstream"' }).end();
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  entry: AskedOf,
  pathname: string,
  options: UpstreamServerOptions,
  fault: Fault,
): Promise<void> {
  if (fault.delay_ms) await sleep(fault.delay_ms);
  await fault.until;
  if (fault.hangUp) return void request.socket.destroy();
  const send = (status: number, headers: Record<string, string> = {}, body?: string) => {
    entry.status = status;
    response.writeHead(status, headers).end(body);
  };
  if (fault.html !== undefined) return send(fault.status ?? 200, { 'content-type': 'text/html' }, fault.html);
  const location = typeof fault.location === 'function' ? fault.location(request.url!) : fault.location;
  if (location !== undefined) return send(fault.status ?? 302, { location });
  if (fault.status) {
    const body = fault.body === undefined ? undefined : JSON.stringify(fault.body);
    return send(fault.status, body === undefined ? {} : { 'content-type': 'application/problem+json' }, body);
  }
  const { validators, ranges } = options;
  const serving = { folder: fault.folder ?? options.folder, validators, ranges };
  await serveFile(request, response, entry, pathname, serving, fault);
}
