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
  // pip and R show the reason phrase and not the body.
  response.writeHead(problem.status, reasonPhrase(problem.detail), {
    ...headers,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** A text as a status line may hold it: printable ASCII, and short. */
function reasonPhrase(detail: string): string {
  return detail.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
}
