import type { ServerResponse } from 'node:http';
import type { ErrorResponse } from './error-response.ts';

/** The media type of problem bodies. */
export const PROBLEM_TYPE = 'application/problem+json';

/** Answer with a problem, outside Fastify. An answer that has begun is cut, so that nobody takes it for whole. */
export function sendProblem(response: ServerResponse, { problem, headers }: ErrorResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What the failed handler had in mind (a length, an entity tag) is not true of this body.
  for (const name of response.getHeaderNames()) {
    if (/^(content-|etag$|last-modified$|accept-ranges$|cache-control$)/.test(name)) response.removeHeader(name);
  }
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    ...headers,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
