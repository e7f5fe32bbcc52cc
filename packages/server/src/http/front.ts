import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCredential } from '@sluice/identity';
import { urlHost } from '../config/listen.ts';
import type { Config } from '../config/read-config.ts';
import { ServerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { clientAddress, clientOrigin } from './client-address.ts';
import { CHALLENGE } from './error-response.ts';
import { explainError, isClientGone, unavailable } from './explain-error.ts';
import type { HotAnswers, HotKey } from './hot-answers.ts';
import type { Metrics } from './metrics.ts';
import type { Protocol } from './protocol.ts';
import { requestContext, setRequestContext } from './request-context.ts';
import { sendProblem } from './send-problem.ts';

/** What stands behind the front once the server is ready. */
export interface Behind {
  protocols: readonly Protocol[];
  /** Answers without asking anybody, where a process answers package clients. */
  hot?: HotAnswers;
  /** Everything the protocols leave: Fastify. */
  api: (request: IncomingMessage, response: ServerResponse) => void;
  /** Whether the database answers. */
  databaseUp: () => Promise<boolean>;
  /** End the answers that go on for as long as somebody listens. */
  leave?: () => void;
}

/** What the front needs. */
export interface FrontDeps {
  listen: Config['listen'];
  log: Log;
  metrics: Metrics;
  newId: () => string;
}

/** The listening server: it takes every request, says how the process is, and passes the rest on. */
export interface Front {
  /** Where it listens; with the public URL's scheme and host when one is configured. */
  readonly url: string;
  readonly port: number;
  /** From now on requests are passed on; before that they are told to come back. */
  open(behind: Behind): void;
  /** Take no new requests, let those that run finish for `patience_ms`, then cut them. */
  close(patience_ms: number): Promise<void>;
}

const HEALTH = new Set(['/health/live', '/health/ready', '/metrics']);

/**
 * Listen. `/health/live`, `/health/ready` and `/metrics` are answered from the first moment on.
 *
 * @throws {ServerError} `start_failed` when the address is taken or is not this machine's.
 */
export async function openFront(deps: FrontDeps): Promise<Front> {
  let behind: Behind | undefined;
  let closing = false;
  // Browsers open connections in advance. One that never asked is not idle to Node, and an end would wait for it.
  const silent = new Set<Socket>();

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    silent.delete(request.socket);
    const hot = closing ? undefined : behind?.hot?.answer(request, response);
    if (hot === true) return;
    begin(deps, request, response, hot);
    if (closing) response.setHeader('Connection', 'close');
    void answer(deps, closing ? undefined : behind, request, response);
  };
  const server = deps.listen.tls === undefined ? createServer(handle) : createSecureServer(deps.listen.tls, handle);
  server.on(deps.listen.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  // An upload of many gigabytes takes as long as it takes; only its head has to come soon.
  server.requestTimeout = 0;
  server.headersTimeout = 30_000;
  server.keepAliveTimeout = 65_000;
  await startListening(server, deps.listen);
  const { port } = server.address() as AddressInfo;
  const scheme = deps.listen.tls === undefined ? 'http' : 'https';
  return {
    url: deps.listen.public_url ?? `${scheme}://${urlHost(deps.listen.host)}:${port}`,
    port,
    open: (next) => {
      behind = next;
    },
    close: async (patience_ms) => {
      closing = true;
      behind?.leave?.();
      await drain(server, silent, patience_ms);
    },
  };
}

/** Learn what the request brings, take the token out of its path, and note its end. */
function begin(deps: FrontDeps, request: IncomingMessage, response: ServerResponse, hotKey: HotKey | undefined): void {
  const started = performance.now();
  const reading = readCredential({ url: originForm(request.url ?? '/'), headers: request.headers });
  request.url = reading.url;
  const { listen } = deps;
  const context = {
    id: deps.newId(),
    address: clientAddress(request, listen.trusted_proxies),
    origin: listen.public_url ?? clientOrigin(request, listen.trusted_proxies),
    credential: reading.credential,
    route: 'none',
    principal: undefined,
    hotKey,
  };
  setRequestContext(request, context);
  response.setHeader('X-Request-Id', context.id);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.once('close', () => finish(deps, request, response, (performance.now() - started) / 1000));
}

/** A request target without scheme and host, which clients write that take us for a proxy. @see RFC 9112 §3.2.2 */
function originForm(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

async function answer(
  deps: FrontDeps,
  behind: Behind | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const context = requestContext(request);
  try {
    const path = request.url!.split('?', 1)[0]!;
    if (path === '/metrics' || path.startsWith('/health/')) return await answerHealth(deps, behind, request, response);
    if (behind === undefined) throw unavailable('The server is starting or stopping; try again.');
    for (const protocol of behind.protocols) {
      const taken = protocol(request, response);
      if (taken === true || (taken !== false && (await taken))) return;
    }
    behind.api(request, response);
  } catch (error) {
    if (isClientGone(error, response)) return;
    const known = await explainError(error, context.id, behind?.databaseUp ?? (async () => true));
    if (known.unexpected) deps.log.error({ request_id: context.id, error }, 'request failed');
    else if (response.headersSent) {
      const { code, detail } = known.problem;
      const path = request.url!.split('?', 1)[0];
      deps.log.warn({ request_id: context.id, path, code, detail }, 'answer cut');
    }
    if (known.headers['WWW-Authenticate'] !== undefined) known.headers['WWW-Authenticate'] = CHALLENGE.protocol;
    sendProblem(response, known);
  }
}

/** Health and figures, which must not depend on what they tell about. */
async function answerHealth(
  deps: FrontDeps,
  behind: Behind | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const context = requestContext(request);
  const path = request.url!.split('?', 1)[0]!;
  if (!HEALTH.has(path) || (request.method !== 'GET' && request.method !== 'HEAD')) {
    throw new ServerError('not_found', `There is nothing at ${path}.`);
  }
  context.route = path;
  response.setHeader('Cache-Control', 'no-store');
  if (path === '/metrics') {
    response.setHeader('Content-Type', deps.metrics.registry.contentType);
    response.end(await deps.metrics.registry.metrics());
  } else if (path === '/health/live') sendState(response, 200, 'live');
  else if (behind === undefined) sendState(response, 503, 'starting or stopping');
  else if (await behind.databaseUp()) sendState(response, 200, 'ready');
  else sendState(response, 503, 'database away');
}

function sendState(response: ServerResponse, status: number, state: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ status: state }));
}

/** One line for everything but the answers that come in thousands: what clients download, health, figures. */
function finish(deps: FrontDeps, request: IncomingMessage, response: ServerResponse, seconds: number): void {
  const { id, route, principal, address } = requestContext(request);
  const method = request.method ?? '';
  const whole = response.writableFinished;
  const status = whole || response.headersSent ? response.statusCode : 499;
  deps.metrics.observeRequest({ method, route, status }, seconds);
  const quiet = route.startsWith('/api/repo/') || route.startsWith('/health/') || route === '/metrics';
  if (quiet && whole && status < 400 && (method === 'GET' || method === 'HEAD')) return;
  const line = {
    request_id: id,
    method,
    path: request.url!.split('?', 1)[0],
    status,
    ms: Math.round(seconds * 1000),
    ...(whole ? {} : { cut: true }),
    ...(principal?.kind === 'account' ? { actor: principal.name } : {}),
    address,
  };
  deps.log[status >= 500 && status !== 503 ? 'error' : 'info'](line, 'request');
}

async function startListening(server: Server, { host, port }: Config['listen']): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : (cause.code ?? cause.message);
      const message = `Cannot listen on ${urlHost(host)}:${port}: ${why}. Set SLUICE_HOST or SLUICE_PORT.`;
      reject(new ServerError('start_failed', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

async function drain(server: Server, silent: ReadonlySet<Socket>, patience_ms: number): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  const deadline = new AbortController();
  const timer = sleep(patience_ms, undefined, { signal: deadline.signal }).then(
    () => server.closeAllConnections(),
    () => {},
  );
  // A connection that becomes idle while we wait would be kept alive for its client.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    for (const socket of silent) socket.destroy();
  }, 50);
  await closed;
  clearInterval(sweep);
  deadline.abort();
  await timer;
}
