import type { IncomingMessage } from 'node:http';

/** What a body is known by. `etag` is strong and quoted; each is absent where nobody can say it truly. */
export interface Validators {
  etag?: string | undefined;
  lastModified?: Date | undefined;
}

/** What a client says it has: the two headers as they came. */
export interface Conditions {
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
}

/** What a request says its client has. */
export function conditionsOf({ headers }: IncomingMessage): Conditions {
  return { ifNoneMatch: headers['if-none-match'], ifModifiedSince: headers['if-modified-since'] };
}

/**
 * Whether the client already has this body (RFC 9110 §13.2.2): `If-None-Match` decides when present, else
 * `If-Modified-Since`.
 */
export function isNotModified(
  { ifNoneMatch, ifModifiedSince }: Conditions,
  { etag, lastModified }: Validators,
): boolean {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
    if (etag === undefined) return false;
    return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
  }
  if (ifModifiedSince === undefined || lastModified === undefined) return false;
  const since = Date.parse(ifModifiedSince);
  return !Number.isNaN(since) && seconds(lastModified) <= since;
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
