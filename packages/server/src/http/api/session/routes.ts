import { type AccountDeps, login, logout } from '@sluice/identity';
import { createDefaultChannel } from '@sluice/registry';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { needs, signedIn } from '../../authorize.ts';
import { problems } from '../../problem-schema.ts';
import { requestContext } from '../../request-context.ts';
import { LoginBody, LoginView } from './schema.ts';

export type SessionDeps = AccountDeps;

/** `POST /api/auth/login` begins a session, `POST /api/logout` ends it. Logging out by GET would let any page do it. */
export function registerSession(app: App, deps: SessionDeps): void {
  app.route({
    method: 'POST',
    url: '/api/auth/login',
    schema: {
      operationId: 'create_session',
      tags: ['account'],
      summary: 'Sign in with name and password',
      security: [],
      body: LoginBody,
      response: { 200: LoginView, ...problems(400, 401, 429) },
    },
    handler: async (request) => {
      const { username, password } = request.body;
      const { address } = requestContext(request.raw);
      const outcome = await login(deps, { name: username, password, address }, (tx, account) =>
        createDefaultChannel(tx, account, deps.now()),
      );
      if (outcome.kind === 'accepted') return { token: outcome.jwt, expires_at: outcome.expires_at.toISOString() };
      if (outcome.kind === 'limited') {
        throw new ServerError('login_limited', `Too many wrong passwords; try again in ${outcome.wait_s} s.`, {
          retry_after_s: outcome.wait_s,
        });
      }
      throw new ServerError('login_refused', 'Name or password is wrong; check both and try again.');
    },
  });

  app.route({
    method: 'POST',
    url: '/api/logout',
    onRequest: needs(signedIn),
    schema: {
      operationId: 'delete_session',
      tags: ['account'],
      summary: 'End the session of this request',
      response: { 204: z.undefined().describe('The session is over.'), ...problems(401) },
    },
    handler: async (request, reply) => {
      await logout(deps, signedIn(request.principal));
      return reply.status(204).send();
    },
  });
}
