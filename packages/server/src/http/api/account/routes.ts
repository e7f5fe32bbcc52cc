import { type Db, findAccount, findChannel } from '@sluice/catalog';
import { SCOPES } from '@sluice/identity';
import { chooseDefaultChannel } from '@sluice/registry';
import type { App } from '../../app.ts';
import { mustHoldInChannel, needs, ownAccount, signedIn } from '../../authorize.ts';
import { problems } from '../../problem-schema.ts';
import { AccountView, EditAccountBody, ScopesView } from './schema.ts';
import { accountView } from './view.ts';

export interface AccountDeps {
  db: Db;
  now: () => Date;
}

/** `GET` and `PUT /api/account`: who am I, what do I prefer. `GET /api/account/scopes`: what may a token carry. */
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
    method: 'PUT',
    url: '/api/account',
    onRequest: needs(ownAccount),
    schema: {
      operationId: 'update_account',
      tags: ['account'],
      summary: 'Choose your default channel',
      body: EditAccountBody,
      response: { 200: AccountView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const account = ownAccount(request.principal);
      const path = request.body.default_channel_name;
      if (path === null) await chooseDefaultChannel(deps, null, account);
      else if (path !== undefined) {
        const channel = await findChannel(deps.db, path);
        mustHoldInChannel(account, 'artifact:create', channel, path);
        await chooseDefaultChannel(deps, channel, account);
      }
      const row = await findAccount(deps.db, account.id);
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
