import { createReadStream, type Stats, statSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Fault, spoil } from './fault.ts';
import type { AskedOf } from './upstream-server.ts';

/** How files are served where nothing fails. */
export interface ServingOptions {
  readonly folder: string;
  /** false: no ETag and no Last-Modified, so never a 304. */
  readonly validators?: boolean;
  /** false: `Range` is passed over. */
  readonly ranges?: boolean;
}

/** Answer with a file of the folder, by range and validator; of a path that ends in a slash with its index. */
export async function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  entry: AskedOf,
  pathname: string,
  options: ServingOptions,
  fault: Fault,
): Promise<void> {
  const end = (status: number, headers: Record<string, string> = {}) => {
    entry.status = status;
    response.writeHead(status, headers).end();
  };
  const asked = path.join(options.folder, path.posix.normalize(`/${pathname}`));
  const file = pathname.endsWith('/') ? indexOf(asked, request.headers.accept ?? '') : asked;
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile()) return end(404);
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(405);

  const validators = options.validators === false ? undefined : validatorsOf(stats);
  if (validators && isUnchanged(request.headers, validators)) return end(304, validators);
  const range = options.ranges === false ? undefined : parseRange(request.headers.range, stats.size);
  if (range === 'unsatisfiable') return end(416, { 'content-range': `bytes */${stats.size}` });
  const [first, after] = range ?? [0, stats.size];
  entry.status = range ? 206 : 200;
  response.writeHead(entry.status, {
    'content-type': contentTypes[path.basename(file)] ?? 'application/octet-stream',
    'content-length': after - first,
    ...(options.ranges !== false && { 'accept-ranges': 'bytes' }),
    ...(range && { 'content-range': `bytes ${first}-${after - 1}/${stats.size}` }),
    ...validators,
  });
  if (request.method === 'HEAD' || first === after) return void response.end();
  await pipeline(createReadStream(file, { start: first, end: after - 1 }), spoil(entry, fault, response), response);
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
