import { type Db, listReservedNames, type ReservedNameRow } from '@sluice/catalog';
import { freeName, reserveName } from '@sluice/registry';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { administrator, needs } from '../../authorize.ts';
import { pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { ReservedNameParams, ReservedNameView, ReserveNameBody } from './schema.ts';

/** What the routes of reserved names need. */
export interface ReservedNameDeps {
  db: Db;
  now: () => Date;
}

/** Names that no mirror brings in, whatever upstreams have under them: list, reserve, free. */
export function registerReservedName(app: App, deps: ReservedNameDeps): void {
  const url = '/api/reserved-names';
  const onRequest = needs(administrator);

  app.route({
    method: 'GET',
    url,
    onRequest,
    schema: {
      operationId: 'list_reserved_names',
      tags: ['system'],
      summary: 'The names that mirrors never bring in, all of them',
      response: { 200: pageOf(ReservedNameView), ...problems(401, 403) },
    },
    handler: async () => {
      const rows = await listReservedNames(deps.db);
      return { items: rows.map(reservedNameView), total_count: rows.length };
    },
  });

  app.route({
    method: 'POST',
    url,
    onRequest,
    schema: {
      operationId: 'reserve_name',
      tags: ['system'],
      summary: 'Keep a name, or a pattern of names, for packages of the house',
      body: ReserveNameBody,
      response: { 201: ReservedNameView, ...problems(400, 401, 403, 409) },
    },
    handler: async (request, reply) => {
      const row = await reserveName(deps, request.body, administrator(request.principal));
      return reply.status(201).send(reservedNameView(row));
    },
  });

  app.route({
    method: 'DELETE',
    url: `${url}/:pattern`,
    onRequest,
    schema: {
      operationId: 'free_name',
      tags: ['system'],
      summary: 'Let mirrors bring in a name again',
      params: ReservedNameParams,
      response: { 204: z.undefined().describe('The name is free.'), ...problems(401, 403, 404) },
    },
    handler: async (request, reply) => {
      await freeName(deps, request.params.pattern, administrator(request.principal));
      return reply.status(204).send();
    },
  });
}

function reservedNameView({ created_at, ...row }: ReservedNameRow): z.output<typeof ReservedNameView> {
  return { ...row, created_at: created_at.toISOString() };
}
