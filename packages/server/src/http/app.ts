import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Principal } from '@sluice/identity';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { ServerError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type ApiDeps, registerApi } from './api/index.ts';
import { explainError } from './explain-error.ts';
import { registerHomePage } from './home-page.ts';
import { registerOpenApi } from './open-api.ts';
import type { PrincipalOf } from './principal-of.ts';
import { requestContext } from './request-context.ts';
import { sendProblem } from './send-problem.ts';

/** Fastify with our schemas: what the routes of a noun register themselves on. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Set before a route below `/api` validates anything. */
    principal: Principal;
  }
}

/** What the app needs. */
export interface AppDeps extends ApiDeps {
  log: Log;
  principalOf: PrincipalOf;
  databaseUp: () => Promise<boolean>;
}

/** Bodies of the management API are small; the upload route sets its own limit. */
const BODY_LIMIT = 1024 * 1024;

/** Build the app with all its routes. It listens nowhere: the front passes requests to {@link listener}. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const refuse = async (error: unknown, request: { id: string }, reply: Pick<FastifyReply, 'hijack' | 'raw'>) => {
    const response = await explainError(error, request.id, deps.databaseUp);
    if (response.unexpected) deps.log.error({ request_id: request.id, error }, 'request failed');
    reply.hijack();
    sendProblem(reply.raw, response);
  };
  const app: App = Fastify({
    bodyLimit: BODY_LIMIT,
    genReqId: (request: IncomingMessage) => requestContext(request)?.id ?? '',
    frameworkErrors: refuse,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  acceptEmptyJson(app);
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request, reply) => {
    const context = requestContext(request.raw);
    if (context !== undefined) context.route = request.routeOptions.url ?? 'none';
    if (!request.url.startsWith('/api/')) return;
    request.principal = await deps.principalOf(request.raw);
    reply.header('Cache-Control', 'no-store');
    reply.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  });
  app.addHook('onSend', async (request, reply) => {
    if (mayChangeAnswers(request) && reply.statusCode < 400) deps.cache.forget();
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?', 1)[0];
    throw new ServerError(
      'not_found',
      `There is nothing for ${request.method} at ${path}. GET /swagger/ui lists what there is.`,
    );
  });
  await registerOpenApi(app);
  registerHomePage(app);
  registerApi(app, deps);
  await app.ready();
  return app;
}

/** The app as a listener of `node:http`. */
export function listener(app: App): RequestListener {
  return (request, response) => app.routing(request, response);
}

/**
 * Whether what was done may be what doors remember: this process forgets before it says that it is done, and need not wait for the
 * announcement. Uploads change nothing before they are published.
 */
function mayChangeAnswers({ method, routeOptions }: FastifyRequest): boolean {
  if (method === 'POST') return !routeOptions.url?.endsWith('/artifacts');
  return method === 'PUT' || method === 'PATCH' || method === 'DELETE';
}

/** Clients announce JSON and send nothing with DELETE and the like; that is no body rather than a broken one. */
function acceptEmptyJson(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body as string, done);
  });
}
