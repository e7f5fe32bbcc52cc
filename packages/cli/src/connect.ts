import { type ApiClient, createClient } from '@sluice/api-client';
import { routedUrl } from './channel-path.ts';
import { CliError, type Problem } from './errors.ts';
import type { Site } from './site.ts';

/** A client of the server's API whose failures say what to do. @throws {CliError} `unreachable`, `not_sluice`, from each call. */
export function connect({ url, token }: Pick<Site, 'url' | 'token'>, doFetch: typeof fetch = fetch): ApiClient {
  const send: typeof fetch = async (input) => {
    const request = input as Request;
    const routed = routedUrl(request.url);
    const response = await doFetch(routed === request.url ? request : new Request(routed, request)).catch((cause) => {
      throw unreachable(url, cause);
    });
    if (hasBody(response) && !isJson(response) && !isEvents(response) && !isTable(response))
      throw notSluice(url, response.status, contentType(response));
    return response;
  };
  return createClient({ url, token, fetch: send });
}

/** What the server answered. @throws {CliError} `refused` when that is a refusal. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw refused(response.status, error, response.url);
}

/** The error for an answer that is a refusal. */
export function refused(status: number, body: unknown, url: string): CliError {
  if (!isProblem(body)) return notSluice(url, status, 'an answer without a reason');
  return new CliError('refused', body.detail, { problem: body });
}

/** The error for a server that gives no answer. */
export function unreachable(url: string, cause: unknown): CliError {
  const code = causeCode(cause);
  const why = REASONS[code] ?? (code || deepest(cause));
  const trust = /CERT|SELF_SIGNED|ISSUER/.test(code);
  return new CliError('unreachable', `There is no answer from ${url}: ${why}.`, {
    next: trust
      ? 'Name the CA that signed it in NODE_EXTRA_CA_CERTS.'
      : 'Check that the server runs (npm start) and that SLUICE_URL or --url names it.',
    cause,
  });
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  ETIMEDOUT: 'it takes too long',
  UND_ERR_CONNECT_TIMEOUT: 'it takes too long',
  UND_ERR_HEADERS_TIMEOUT: 'it takes too long',
};

function causeCode(error: unknown): string {
  for (let one = error; typeof one === 'object' && one !== null; one = (one as Error).cause) {
    const { code, errors } = one as { code?: unknown; errors?: unknown[] };
    if (typeof code === 'string' && code !== '') return code;
    if (Array.isArray(errors) && errors.length > 0) return causeCode(errors[0]);
  }
  return '';
}

function deepest(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed';
  return error.cause === undefined ? error.message : deepest(error.cause);
}

function notSluice(url: string, status: number, found: string): CliError {
  return new CliError('not_sluice', `What answers at ${url} is no Sluice, or something stands in between.`, {
    wanted: 'an answer in JSON',
    found: `${status}, ${found}`,
    next: 'Check SLUICE_URL or --url: it is the address of the server, without /api.',
  });
}

function isProblem(body: unknown): body is Problem {
  const { code, detail } = (body ?? {}) as Record<string, unknown>;
  return typeof code === 'string' && typeof detail === 'string';
}

function hasBody({ status, headers }: Response): boolean {
  return status !== 204 && headers.get('content-length') !== '0';
}

function isJson(response: Response): boolean {
  return /[/+]json\b/.test(contentType(response));
}

/** A report that was asked for as a file. */
function isTable(response: Response): boolean {
  return contentType(response).startsWith('text/csv');
}

function isEvents(response: Response): boolean {
  return contentType(response).startsWith('text/event-stream');
}

function contentType({ headers }: Response): string {
  return headers.get('content-type') ?? 'no Content-Type';
}
