import { type Db, listChannelEvents } from '@sluice/catalog';
import type { App } from '../../app.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { EventView } from './schema.ts';
import { eventView } from './view.ts';

/** What happened in a channel. */
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
        querystring: Paging,
        response: { 200: pageOf(EventView), ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { path, created_at } = channelOf(request);
        const { rows, total_count } = await listChannelEvents(deps.db, { path, since: created_at }, request.query);
        return { items: rows.map(eventView), total_count };
      },
    });
  }
}
