import { setTimeout as pause } from 'node:timers/promises';
import { request as send } from 'undici';
import { MirrorError } from '../errors.ts';
import { redact } from '../redact.ts';
import { answerError, bodyError, connectionError } from './answer-error.ts';
import { createDispatchers, type HttpTimeouts } from './dispatchers.ts';
import { type ProxyRules, proxyFor } from './proxy-rules.ts';
import { isSameHome } from './same-home.ts';
import type { SourceGuard } from './source-guard.ts';

/** One thing to ask an upstream for. `url` may carry user and password; they go no further than its own origin. */
export interface HttpRequest {
  url: string;
  method?: 'GET' | 'HEAD';
  headers?: Readonly<Record<string, string>>;
  /** The mirror's own proxy, `http://[user:password@]host[:port]`. It wins over the environment's. */
  proxy?: string | undefined;
  /** PEM text of certificate authorities to trust for this, beside those that are trusted for all. */
  ca?: string | undefined;
  /** An `Authorization` header, in place of user and password; like these it goes no further than the URL's own origin. */
  authorization?: string | undefined;
  signal?: AbortSignal | undefined;
  /** How often to try in all, while failures are transient. Default 4. */
  attempts?: number;
  /** Told of every try that failed, also of those that are followed by another. */
  onFailure?: (error: MirrorError) => void;
}

/** An answer with status 200, 206 or 304. Its body must be read to the end or discarded. */
export interface HttpAnswer {
  status: number;
  /** Where it came from in the end, after redirects. */
  url: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>;
  /** @throws {MirrorError} `upstream_unavailable` (transient) when it ends too early. */
  body: AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
}

/** HTTP as a mirror needs it: guarded, redirected by hand, retried within bounds, streaming. */
export interface HttpClient {
  /**
   * @throws {MirrorError} `source_refused`, `upstream_unavailable`, `upstream_missing`, `upstream_denied`, `upstream_malformed`;
   *   the signal's reason when aborted.
   */
  open(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpClientOptions {
  guard: SourceGuard;
  /** E.g. `Sluice/0.1.0`. */
  userAgent: string;
  proxies: ProxyRules;
  /** PEM text of certificate authorities to trust beside the system's. */
  extraCa?: string | undefined;
  timeouts?: Partial<HttpTimeouts>;
  /** Epoch ms, for a `Retry-After` that names a date. */
  now?: () => number;
  /** First pause between two attempts in ms; it doubles each time. Default 500. */
  retryPauseMs?: number;
  /** The longest pause in ms, also when `Retry-After` asks for more. Default 30,000. */
  longestPauseMs?: number;
}

const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

/** A client with its own connections. Close it when the process ends. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const timeouts = { connectMs: 10_000, headersMs: 30_000, bodyMs: 60_000, ...options.timeouts };
  const dispatchers = createDispatchers(options.guard, timeouts, options.extraCa);
  const now = options.now ?? Date.now;
  const firstPauseMs = options.retryPauseMs ?? 500;
  const longestPauseMs = options.longestPauseMs ?? 30_000;

  async function dispatcherFor(url: URL, { proxy, ca }: HttpRequest) {
    const chosen = proxy ?? proxyFor(url, options.proxies);
    if (chosen === undefined) return dispatchers.direct(ca);
    await refuseForbiddenTarget(options.guard, url);
    return dispatchers.through(chosen, { trusted: proxy === undefined, ca });
  }

  async function hop(url: URL, request: HttpRequest, authorization: string | undefined) {
    const dispatcher = await dispatcherFor(url, request);
    const bare = new URL(url);
    bare.username = '';
    bare.password = '';
    bare.hash = '';
    return send(bare, {
      dispatcher,
      method: request.method ?? 'GET',
      headers: {
        'user-agent': options.userAgent,
        ...request.headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal: request.signal ?? null,
    });
  }

  async function once(request: HttpRequest): Promise<HttpAnswer> {
    let url = parsed(request.url);
    const home = url;
    const authorization = request.authorization ?? basicOf(url);
    for (let hops = 0; ; hops++) {
      const answer = await hop(url, request, isSameHome(home, url) ? authorization : basicOf(url)).catch(
        (error: unknown) => {
          const proxied = (request.proxy ?? proxyFor(url, options.proxies)) !== undefined;
          throw connectionError(error, url, { signal: request.signal, proxied });
        },
      );
      const location = answer.headers.location;
      if (redirects.has(answer.statusCode) && typeof location === 'string') {
        await answer.body.dump({ limit: 64 * 1024 }).catch(() => {});
        if (hops === mostRedirects) throw tooManyRedirects(request.url);
        url = redirected(url, location);
        continue;
      }
      if (![200, 206, 304].includes(answer.statusCode)) {
        await answer.body.dump({ limit: 64 * 1024 }).catch(() => {});
        throw answerError(answer.statusCode, url, waitOf(answer.headers['retry-after'], now()));
      }
      const shown = redact(url.href);
      // A body that breaks while nobody reads it must not end the process; who reads it gets the error all the same.
      answer.body.on('error', () => {});
      return {
        status: answer.statusCode,
        url: url.href,
        headers: singleHeaders(answer.headers),
        body: guarded(answer.body, shown, request.signal),
        async discard() {
          await answer.body.dump({ limit: 64 * 1024 }).catch(() => {});
        },
      };
    }
  }

  return {
    async open(request) {
      const attempts = request.attempts ?? 4;
      for (let attempt = 1; ; attempt++) {
        request.signal?.throwIfAborted();
        try {
          return await once(request);
        } catch (error) {
          if (!(error instanceof MirrorError)) throw error;
          request.onFailure?.(error);
          if (!error.transient || attempt >= attempts) throw error;
          const wanted = error.retryAfterS === undefined ? firstPauseMs * 2 ** (attempt - 1) : error.retryAfterS * 1000;
          await pause(Math.min(wanted, longestPauseMs), undefined, {
            ...(request.signal ? { signal: request.signal } : {}),
          }).catch(() => {
            throw request.signal?.reason;
          });
        }
      }
    },
    close: () => dispatchers.close(),
  };
}

/** Through a proxy it is the proxy that asks DNS; what this machine can see of the target is refused all the same. */
async function refuseForbiddenTarget(guard: SourceGuard, url: URL): Promise<void> {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  await guard.addresses(url.hostname, port).catch((error: unknown) => {
    if (!(error instanceof MirrorError) || error.code !== 'upstream_unavailable') throw error;
  });
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new MirrorError('source_refused', `${redact(text)} is no http or https URL.`, {
    wanted: 'http:// or https://',
    found: redact(text),
  });
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to && (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:'))) return to;
  throw new MirrorError(
    'source_refused',
    `${redact(from.href)} redirects to ${redact(location)}, which is not followed: only http to http(s), and https to https.`,
    {
      wanted: 'a redirect to https',
      found: redact(location),
    },
  );
}

function tooManyRedirects(url: string): MirrorError {
  return new MirrorError('upstream_malformed', `${redact(url)} redirects more than ${mostRedirects} times.`, {
    wanted: `at most ${mostRedirects} redirects`,
    found: 'more',
  });
}

function basicOf(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const text = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/** Where a redirect leads is an upstream's text: a `%` in it may be no escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `Retry-After` in seconds, whether it was written as such or as a date. */
function waitOf(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - nowMs) / 1000);
}

function singleHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

async function* guarded(
  body: AsyncIterable<Uint8Array>,
  url: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw bodyError(error, url, signal);
  }
}
