import type { ServerResponse } from 'node:http';

/** A part of a body: `start` is the first byte, `end` the one after the last. */
export interface ByteSpan {
  start: number;
  end: number;
}

/**
 * Read a `Range` header over a body of `size` bytes (RFC 9110 §14.2): one range, also open (`bytes=9-`) and suffix
 * (`bytes=-9`). Several ranges or another unit mean the whole body, which a server may always send.
 *
 * @returns the span, `unsatisfiable` for 416, or undefined for the whole body.
 */
export function parseRange(header: string | undefined, size: number): ByteSpan | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

/** Answer that a body of `size` bytes has no such part. What is said of the body is not true of this answer, least of all for a cache. */
export function refuseRange(response: ServerResponse, size: number): void {
  const headers = { 'Content-Range': `bytes */${size}`, 'Content-Length': 0, 'Cache-Control': 'no-store' };
  response.writeHead(416, headers).end();
}
