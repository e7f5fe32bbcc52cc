import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';

/** A refusal as clients get it: RFC 9457, with a machine-readable code. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  /** Further members, such as the reasons of a policy. */
  more?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/**
 * Answer with a problem. conda prints `detail`; pip and R show the reason phrase, so the beginning of the detail goes
 * there too, in the characters a status line may have.
 */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  const title = STATUS_CODES[problem.status] ?? 'Error';
  const body = JSON.stringify({
    type: `urn:sluice:error:${problem.code}`,
    title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...problem.more,
  });
  for (const [name, value] of Object.entries(problem.headers ?? {})) response.setHeader(name, value);
  for (const name of ['ETag', 'Last-Modified', 'Accept-Ranges']) response.removeHeader(name);
  response.setHeader('Cache-Control', 'no-store');
  response.writeHead(problem.status, reasonPhrase(problem.detail), {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function reasonPhrase(detail: string): string {
  return detail.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
}
