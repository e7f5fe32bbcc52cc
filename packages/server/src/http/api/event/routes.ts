import { type Db, type EventFilter, findSeal, listEvents } from '@sluice/catalog';
import { systemVerdict } from '@sluice/identity';
import { verifyAudit } from '@sluice/registry';
import type { z } from 'zod';
import type { App } from '../../app.ts';
import { administrator, needs, ownAccount } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { actionsOf } from './event-type.ts';
import { AuditQuery, AuditView, ChannelEventsQuery, EventsQuery, EventView } from './schema.ts';
import { auditView, eventView } from './view.ts';

/** What happened: in a channel, and everywhere; and whether what is told of it is what was written down. */
export function registerEvent(app: App, deps: { db: Db }): void {
  for (const { noun, url, params } of CHANNEL_PLACES) {
    app.route({
      method: 'GET',
      url: `${url}/history`,
      onRequest: inChannel(deps.db, `${noun}:history`),
      schema: {
        operationId: `list_${noun}_events`,
        tags: ['history'],
        summary: `What happened in a ${noun}, newest first`,
        params,
        querystring: ChannelEventsQuery,
        response: { 200: pageOf(EventView), ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { path, created_at } = channelOf(request);
        const filter = { ...filterOf(request.query), channel: { path, since: created_at } };
        const { rows, total_count } = await listEvents(deps.db, filter, request.query);
        return { items: rows.map(eventView), total_count };
      },
    });
  }

  app.route({
    method: 'GET',
    url: '/api/history',
    onRequest: needs(ownAccount),
    schema: {
      operationId: 'list_events',
      tags: ['history'],
      summary: 'What happened, newest first: to administrators everything, to others what they did themselves',
      querystring: EventsQuery,
      response: { 200: pageOf(EventView), ...problems(400, 401, 403) },
    },
    handler: async (request) => {
      const { name } = ownAccount(request.principal);
      const { channel, ...query } = request.query;
      const filter = { ...filterOf(query), ...(channel !== undefined && { channel: { path: channel } }) };
      if (systemVerdict(request.principal) !== 'allowed') {
        if (filter.actor !== undefined && filter.actor !== name) return { items: [], total_count: 0 };
        filter.actor = name;
      }
      const { rows, total_count } = await listEvents(deps.db, filter, request.query);
      return { items: rows.map(eventView), total_count };
    },
  });

  app.route({
    method: 'GET',
    url: '/api/audit/verify',
    onRequest: needs(administrator),
    schema: {
      operationId: 'verify_audit',
      tags: ['history'],
      summary: 'Walk the chain of the audit for a while: is every event still what was chained?',
      querystring: AuditQuery,
      response: { 200: AuditView, ...problems(400, 401, 403) },
    },
    handler: async (request) => {
      const begun = await findSeal(deps.db, request.query.link);
      return auditView(await verifyAudit(deps, request.query), begun);
    },
  });
}

function filterOf({ event_type, actor, mirror, q, from, to }: z.output<typeof ChannelEventsQuery>): EventFilter {
  const actions = event_type?.split(',').flatMap((one) => actionsOf(one.trim()));
  return { actor, mirror, text: q, from, to, actions };
}
