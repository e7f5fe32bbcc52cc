import { isOpenRun } from '@sluice/catalog';
import type { MirrorDeps, MirrorInfo } from '@sluice/mirror';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { type CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { streamStates } from './event-stream.ts';
import type { Followers } from './followers.ts';
import { mirrorOf } from './mirror-of.ts';
import { MirrorParams } from './schema.ts';
import { mirrorView } from './view.ts';

type Place = (typeof CHANNEL_PLACES)[number];

/** `GET …/mirrors/{id}/events`: the newest run of a mirror, as it goes on. */
export function registerEvents(app: App, deps: MirrorDeps, followers: Followers<MirrorInfo>, place: Place): void {
  const { noun } = place;
  app.route({
    method: 'GET',
    url: `${place.url}/mirrors/:id/events`,
    onRequest: inChannel(deps.db, `${noun}.mirror:view`),
    schema: {
      operationId: `follow_${noun}_mirror`,
      tags: ['mirror'],
      summary: 'Follow the newest run of a mirror: server-sent events, until it is over',
      description:
        'Each event has the whole mirror, as GET of it answers: `progress` while the run goes on, `end` once it is over. A stream ' +
        'may end before that; come back with `Last-Event-ID`. 204: the end is known already.',
      params: place.params.extend(MirrorParams.shape),
      headers: z.object({ 'last-event-id': z.string().optional() }),
      response: {
        200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
        204: z.undefined().describe('The run is over, as the client knows.'),
        ...problems(400, 401, 403, 404, 503),
      },
    },
    handler: async (request, reply) => {
      const first = await mirrorOf(deps, channelOf(request), request.params.id);
      streamStates(request, reply, {
        id: first.id,
        first,
        followers,
        view: mirrorView,
        isOver: ({ state }) => state === null || !isOpenRun({ state }),
      });
      return reply;
    },
  });
}
