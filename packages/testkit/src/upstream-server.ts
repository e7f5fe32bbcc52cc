import { createReadStream, type Stats, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What goes wrong with an answer; each field on its own or together. */
export interface Fault {
  /** Answer this instead of the file: 500, 403 … */
  readonly status?: number;
  /** With `status`: the answer's body, sent as JSON. */
  readonly body?: unknown;
  /** With `status`: an HTML page instead. */
  readonly html?: string;
  /** With `status`: where a redirect leads. */
  readonly location?: string;
  readonly delay_ms?: number;
  /** Answer only when this resolves. */
  readonly until?: Promise<unknown>;
  /** Break the connection after so many bytes of the body; the headers promise all of it. */
  readonly cutAfter_bytes?: number;
  /** Send other bytes than the file's, as many. */
  readonly wrongBytes?: boolean;
  /** Bytes a second, roughly. */
  readonly bytesPerSecond?: number;
  /** Only the next so many requests; without it, all. */
  readonly times?: number;
}

/** One request as it was answered. */
export interface AskedOf {
  readonly method: string;
  /** Path as asked, with any `/t/<token>`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** 0 while the answer is held back. */
  status: number;
  /** Of the body, so far. */
  bytes: number;
}

/** How the server behaves as a whole. */
export interface UpstreamServerOptions {
  /** What it serves. Read at each request, so a test may change it. */
  readonly folder: string;
  /** false: no ETag and no Last-Modified, so never a 304. */
  readonly validators?: boolean;
  /** false: `Range` is passed over. */
  readonly ranges?: boolean;
  /** Only who shows this token gets anything: `/t/<token>/…`, Bearer, or the password of Basic. Others get 401. */
  readonly token?: string;
}

/** A plain HTTP file server on loopback that can fail as real ones do, and counts. */
export interface UpstreamServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly asked: readonly AskedOf[];
  /** How often a path was asked for, by GET unless told otherwise. */
  count(path: string, method?: string): number;
  /** Make the paths that match fail from now on; the newest fault that matches counts. */
  fail(paths: string | RegExp, fault: Fault): void;
  /** Serve well again, and forget what was asked. */
  reset(): void;
  /** Break all connections and stop listening. */
  close(): Promise<void>;
}

/** Start one on a free port. */
export async function startUpstreamServer(options: UpstreamServerOptions): Promise<UpstreamServer> {
  const asked: AskedOf[] = [];
  const faults: { paths: string | RegExp; fault: Fault; left: number }[] = [];
  const takeFault = (pathname: string): Fault => {
    const found = faults.find(({ paths, left }) => left > 0 && isMatch(paths, pathname));
    if (found) found.left--;
    return found?.fault ?? {};
  };
  const server = createServer((request, response) => {
    const pathname = new URL(request.url!, 'http://upstream').pathname;
    const entry: AskedOf = { method: request.method!, path: pathname, headers: request.headers, status: 0, bytes: 0 };
    asked.push(entry);
    const inside = options.token === undefined ? pathname : withoutToken(request, pathname, options.token);
    const answered =
      inside === undefined
        ? refuse(response, entry)
        : answer(request, response, entry, decodeURIComponent(inside), options, takeFault(inside));
    // A client that left, or a cut of ours.
    answered.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    count: (pathname, method = 'GET') =>
      asked.filter((entry) => entry.path === pathname && entry.method === method).length,
    fail: (paths, fault) => void faults.unshift({ paths, fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    reset: () => {
      faults.length = 0;
      asked.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isMatch(paths: string | RegExp, pathname: string): boolean {
  return typeof paths === 'string' ? paths === pathname : paths.test(pathname);
}

/** The path without its token part; undefined when no right token is shown. */
function withoutToken(request: IncomingMessage, pathname: string, token: string): string | undefined {
  const inPath = pathname.replace(`/t/${token}/`, '/');
  if (inPath !== pathname) return inPath;
  const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme === 'Bearer' && credentials === token) return pathname;
  const password = Buffer.from(credentials, 'base64').toString().split(':')[1];
  return scheme === 'Basic' && password === token ? pathname : undefined;
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
  const send = (status: number, headers: Record<string, string | number> = {}, body?: string) => {
    entry.status = status;
    response.writeHead(status, headers).end(body);
  };
  if (fault.html !== undefined) return send(fault.status ?? 200, { 'content-type': 'text/html' }, fault.html);
  if (fault.location !== undefined) return send(fault.status ?? 302, { location: fault.location });
  if (fault.status) {
    const body = fault.body === undefined ? undefined : JSON.stringify(fault.body);
    return send(fault.status, body === undefined ? {} : { 'content-type': 'application/problem+json' }, body);
  }
  const asked = path.join(options.folder, path.posix.normalize(`/${pathname}`));
  const file = pathname.endsWith('/') ? indexOf(asked, request.headers.accept ?? '') : asked;
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile()) return send(404);
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405);

  const hasValidators = options.validators !== false;
  const validators = hasValidators ? validatorsOf(stats) : undefined;
  if (validators && isUnchanged(request.headers, validators)) return send(304, { ...validators });
  const range = options.ranges === false ? undefined : parseRange(request.headers.range, stats.size);
  if (range === 'unsatisfiable') return send(416, { 'content-range': `bytes */${stats.size}` });
  const [begin, end] = range ?? [0, stats.size];
  entry.status = range ? 206 : 200;
  response.writeHead(entry.status, {
    'content-type': contentTypes[path.basename(file)] ?? 'application/octet-stream',
    'content-length': end - begin,
    ...(options.ranges !== false && { 'accept-ranges': 'bytes' }),
    ...(range && { 'content-range': `bytes ${begin}-${end - 1}/${stats.size}` }),
    ...validators,
  });
  if (request.method === 'HEAD' || begin === end) return void response.end();
  await pipeline(createReadStream(file, { start: begin, end: end - 1 }), spoil(entry, fault), response);
}

/** What folders are answered with, as indexes of Python do. */
const contentTypes: Record<string, string> = {
  'index.json': 'application/vnd.pypi.simple.v1+json',
  'index.html': 'text/html; charset=utf-8',
};

function indexOf(folder: string, accept: string): string {
  const json = path.join(folder, 'index.json');
  const isThere = statSync(json, { throwIfNoEntry: false }) !== undefined;
  return isThere && accept.includes('json') ? json : path.join(folder, 'index.html');
}

function validatorsOf(stats: Stats): { etag: string; 'last-modified': string } {
  const etag = `"${stats.size.toString(16)}-${Math.round(stats.mtimeMs).toString(16)}"`;
  return { etag, 'last-modified': stats.mtime.toUTCString() };
}

function isUnchanged(headers: IncomingHttpHeaders, validators: { etag: string; 'last-modified': string }): boolean {
  const wanted = headers['if-none-match'];
  if (wanted !== undefined) return wanted.split(',').some((tag) => tag.trim().replace(/^W\//, '') === validators.etag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Date.parse(validators['last-modified']) <= since;
}

/** The first byte and the one after the last; undefined when the whole is wanted, or several ranges. */
function parseRange(header: string | undefined, size: number): [number, number] | 'unsatisfiable' | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!found || found[0] === 'bytes=-') return undefined;
  const [, first, last] = found as unknown as [string, string, string];
  const begin = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return begin < end ? [begin, end] : 'unsatisfiable';
}

/** A step of a pipeline that counts what passes, and does to it what the fault says. */
function spoil(entry: AskedOf, fault: Fault): (source: AsyncIterable<Buffer>) => AsyncGenerator<Uint8Array> {
  const most = fault.cutAfter_bytes ?? Number.POSITIVE_INFINITY;
  const pieceSize = fault.bytesPerSecond ? Math.max(1, Math.round(fault.bytesPerSecond / 20)) : most;
  return async function* (source) {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += pieceSize) {
        const piece = chunk.subarray(at, Math.min(at + pieceSize, at + most - entry.bytes));
        if (fault.bytesPerSecond) await sleep((piece.length / fault.bytesPerSecond) * 1000);
        entry.bytes += piece.length;
        yield fault.wrongBytes ? piece.map((byte) => byte ^ 0x55) : piece;
        if (entry.bytes >= most) {
          // What was written must reach the client before the cut.
          await sleep(50);
          throw new Error('cut on purpose');
        }
      }
    }
  };
}
