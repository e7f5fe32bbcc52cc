import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a body is known by. `etag` is strong and quoted; each is absent where nobody can say it truly. */
export interface Validators {
  etag?: string | undefined;
  lastModified?: Date | undefined;
}

/** Tell the client by what it can know this body again. */
export function setValidators(response: ServerResponse, { etag, lastModified }: Validators): void {
  if (etag !== undefined) response.setHeader('ETag', etag);
  if (lastModified !== undefined) response.setHeader('Last-Modified', lastModified.toUTCString());
}

/**
 * Whether the client already has this body (RFC 9110 §13.2.2): `If-None-Match` decides when present, else
 * `If-Modified-Since`.
 */
export function isNotModified(request: IncomingMessage, { etag, lastModified }: Validators): boolean {
  const match = request.headers['if-none-match'];
  if (match !== undefined) {
    if (match.trim() === '*') return true;
    if (etag === undefined) return false;
    return match.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return lastModified !== undefined && !Number.isNaN(since) && seconds(lastModified) <= since;
}

/** Whether a `Range` may be honoured: `If-Range` is absent or names this very body. */
export function rangeApplies(request: IncomingMessage, { etag, lastModified }: Validators): boolean {
  const condition = request.headers['if-range'];
  if (typeof condition !== 'string') return true;
  if (condition === etag) return true;
  return lastModified !== undefined && Date.parse(condition) === seconds(lastModified);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
