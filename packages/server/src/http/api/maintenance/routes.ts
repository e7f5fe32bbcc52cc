import { type Db, findChannel, findMaintenance, listMaintenance } from '@sluice/catalog';
import { beginMaintenance, type MaintenanceWish } from '@sluice/registry';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { administrator, needs } from '../../authorize.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { CheckBody, CollectBody, MaintenanceView } from './schema.ts';
import { maintenanceView } from './view.ts';

/** What the routes of maintenance need. */
export interface MaintenanceRouteDeps {
  db: Db;
  now: () => Date;
  newId: () => string;
}

/** Collections of what nothing needs, and checks for drift: begun here, done by jobs. */
export function registerMaintenance(app: App, deps: MaintenanceRouteDeps): void {
  const onRequest = needs(administrator);
  const begin = async (wish: MaintenanceWish, actor: string) =>
    maintenanceView((await beginMaintenance(deps, wish, actor)).run);

  app.route({
    method: 'POST',
    url: '/api/maintenance/collect',
    onRequest,
    schema: {
      operationId: 'begin_collection',
      tags: ['system'],
      summary: 'Drop publications that are not kept, and remove what nothing needs; or say what would go',
      description: 'Where a collection is under way, that one is answered.',
      body: CollectBody,
      response: { 202: MaintenanceView, ...problems(400, 401, 403) },
    },
    handler: async (request, reply) => {
      const { name } = administrator(request.principal);
      return reply.status(202).send(await begin({ kind: 'collect', options: request.body }, name));
    },
  });

  app.route({
    method: 'POST',
    url: '/api/maintenance/check',
    onRequest,
    schema: {
      operationId: 'begin_check',
      tags: ['system'],
      summary: 'Look for drift between bytes, rows and publications',
      description: 'Changes nothing. Where a check is under way, that one is answered.',
      body: CheckBody,
      response: { 202: MaintenanceView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request, reply) => {
      const { name } = administrator(request.principal);
      const { channel, deep } = request.body;
      if (channel !== undefined && !(await findChannel(deps.db, channel))) {
        throw new ServerError('not_found', `There is no channel ${channel}.`, { found: channel });
      }
      const options = { deep, ...(channel !== undefined && { channel }) };
      return reply.status(202).send(await begin({ kind: 'check', options }, name));
    },
  });

  app.route({
    method: 'GET',
    url: '/api/maintenance',
    onRequest,
    schema: {
      operationId: 'list_maintenance',
      tags: ['system'],
      summary: 'Collections and checks, newest first',
      querystring: Paging,
      response: { 200: pageOf(MaintenanceView), ...problems(400, 401, 403) },
    },
    handler: async (request) => {
      const { rows, total_count } = await listMaintenance(deps.db, request.query);
      return { items: rows.map(maintenanceView), total_count };
    },
  });

  app.route({
    method: 'GET',
    url: '/api/maintenance/:id',
    onRequest,
    schema: {
      operationId: 'get_maintenance',
      tags: ['system'],
      summary: 'How far a collection or a check is, and what it has found',
      params: z.object({ id: z.uuid() }),
      response: { 200: MaintenanceView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const row = await findMaintenance(deps.db, request.params.id);
      if (row) return maintenanceView(row);
      throw new ServerError('not_found', 'There is no such collection or check; old ones are forgotten.', {
        found: request.params.id,
      });
    },
  });
}
