import type { IncomingMessage } from 'node:http';

/** What a body is known by. `etag` is strong and quoted. */
export interface Validators {
  etag: string;
  lastModified: Date;
}

/**
 * Whether the client already has this body (RFC 9110 §13.2.2): `If-None-Match` decides when present, else
 * `If-Modified-Since`.
 */
export function isNotModified(request: IncomingMessage, { etag, lastModified }: Validators): boolean {
  const match = request.headers['if-none-match'];
  if (match !== undefined) {
    if (match.trim() === '*') return true;
    return match.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && seconds(lastModified) <= since;
}

/** Whether a `Range` may be honoured: `If-Range` is absent or names this very body. */
export function rangeApplies(request: IncomingMessage, { etag, lastModified }: Validators): boolean {
  const condition = request.headers['if-range'];
  if (typeof condition !== 'string') return true;
  return condition === etag || Date.parse(condition) === seconds(lastModified);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
