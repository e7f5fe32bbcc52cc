import { type Db, findAccount } from '@sluice/catalog';
import { SCOPES } from '@sluice/identity';
import type { App } from '../../app.ts';
import { needs, signedIn } from '../../authorize.ts';
import { problems } from '../../problem-schema.ts';
import { AccountView, ScopesView } from './schema.ts';
import { accountView } from './view.ts';

export interface AccountDeps {
  db: Db;
}

/** `GET /api/account`: who am I. `GET /api/account/scopes`: what may a token carry. */
export function registerAccount(app: App, deps: AccountDeps): void {
  app.route({
    method: 'GET',
    url: '/api/account',
    onRequest: needs(signedIn),
    schema: {
      operationId: 'get_account',
      tags: ['account'],
      summary: 'The account of this request',
      response: { 200: AccountView, ...problems(401) },
    },
    handler: async (request) => {
      const row = await findAccount(deps.db, signedIn(request.principal).id);
      return accountView(row!);
    },
  });

  app.route({
    method: 'GET',
    url: '/api/account/scopes',
    onRequest: needs(signedIn),
    schema: {
      operationId: 'list_scopes',
      tags: ['token'],
      summary: 'All scopes a token may carry',
      response: { 200: ScopesView, ...problems(401) },
    },
    handler: async () => ({ scopes: [...SCOPES] }),
  });
}
