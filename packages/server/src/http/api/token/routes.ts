import { findToken, findTokens } from '@sluice/catalog';
import { createToken, refreshToken, revokeToken, type TokenDeps } from '@sluice/identity';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { needs, ownAccount, signedIn } from '../../authorize.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { CreateTokenBody, IssuedTokenView, RefreshTokenBody, TokenInfoView, TokenParams, TokenView } from './schema.ts';
import { issuedTokenView, tokenView } from './view.ts';

export type { TokenDeps };

/** The tokens of the account that asks: list, create, refresh, revoke; and what a token can learn of itself. */
export function registerToken(app: App, deps: TokenDeps): void {
  app.route({
    method: 'GET',
    url: '/api/account/tokens',
    onRequest: needs(ownAccount),
    schema: {
      operationId: 'list_tokens',
      tags: ['token'],
      summary: 'Your tokens, newest first, without their values',
      querystring: Paging,
      response: { 200: pageOf(TokenView), ...problems(400, 401, 403) },
    },
    handler: async (request) => {
      const { rows, total_count } = await findTokens(deps.db, ownAccount(request.principal).id, request.query);
      return { items: rows.map(tokenView), total_count };
    },
  });

  app.route({
    method: 'POST',
    url: '/api/account/tokens',
    onRequest: needs(ownAccount),
    schema: {
      operationId: 'create_token',
      tags: ['token'],
      summary: 'Create a token; the answer is the only one that shows it',
      body: CreateTokenBody,
      response: { 200: IssuedTokenView, ...problems(400, 401, 403) },
    },
    handler: async (request) => issuedTokenView(await createToken(deps, ownAccount(request.principal), request.body)),
  });

  app.route({
    method: 'PUT',
    url: '/api/account/tokens/:id',
    onRequest: needs(ownAccount),
    schema: {
      operationId: 'refresh_token',
      tags: ['token'],
      summary: 'Give a token a new value; the old one is refused from then on',
      params: TokenParams,
      body: RefreshTokenBody,
      response: { 200: IssuedTokenView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const owner = ownAccount(request.principal);
      return issuedTokenView(await refreshToken(deps, owner, request.params.id, request.body?.expires_at));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/api/account/tokens/:id',
    onRequest: needs(ownAccount),
    schema: {
      operationId: 'delete_token',
      tags: ['token'],
      summary: 'Revoke a token',
      params: TokenParams,
      response: { 204: z.undefined().describe('The token is revoked.'), ...problems(400, 401, 403, 404) },
    },
    handler: async (request, reply) => {
      await revokeToken(deps, ownAccount(request.principal), request.params.id);
      return reply.status(204).send();
    },
  });

  app.route({
    method: 'GET',
    url: '/api/account/token-info',
    onRequest: needs(signedIn),
    schema: {
      operationId: 'get_token_info',
      tags: ['token'],
      summary: 'What the token of this request is',
      response: { 200: TokenInfoView, ...problems(400, 401) },
    },
    handler: async (request) => {
      const { proof, id, name } = signedIn(request.principal);
      const row =
        proof.kind === 'token' ? await findToken(deps.db, { id: proof.id, account_id: id }, 'none') : undefined;
      if (row !== undefined) return { ...tokenView(row), account: name };
      throw new ServerError('not_a_token', 'This request did not come with a token; send one as X-Auth.', {
        wanted: 'a token',
        found: `a ${proof.kind}`,
      });
    },
  });
}
