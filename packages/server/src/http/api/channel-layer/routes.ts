import { type ChannelRow, channelsBelow, type Db, findChannel } from '@sluice/catalog';
import { layerVerdict, type Principal } from '@sluice/identity';
import { type MayStand, setChannelLayers } from '@sluice/registry';
import type { z } from 'zod';
import type { App } from '../../app.ts';
import { mustLayer, signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { ChannelLayersBody, ChannelLayersView } from './schema.ts';

/** What the routes of layers need. */
export interface ChannelLayerDeps {
  db: Db;
  now: () => Date;
}

/** Which channels show below a channel's own uploads and mirrors. Reading the channel takes rights on it alone. */
export function registerChannelLayer(app: App, deps: ChannelLayerDeps): void {
  for (const { noun, url, params } of CHANNEL_PLACES) {
    app.route({
      method: 'GET',
      url: `${url}/layers`,
      onRequest: inChannel(deps.db, `${noun}.mirror:view`),
      schema: {
        operationId: `get_${noun}_layers`,
        tags: ['channel'],
        summary: `The channels that show below a ${noun}, and which names hide others`,
        params,
        response: { 200: ChannelLayersView, ...problems(401, 403, 404) },
      },
      handler: (request) => shown(deps.db, channelOf(request)),
    });

    app.route({
      method: 'PUT',
      url: `${url}/layers`,
      onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
      schema: {
        operationId: `update_${noun}_layers`,
        tags: ['channel'],
        summary: `Have a ${noun} show other channels below its own packages`,
        params,
        body: ChannelLayersBody,
        response: { 200: ChannelLayersView, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { principal } = request;
        const channel = channelOf(request);
        const { layers: paths, name_priority } = request.body;
        const layers = paths && (await Promise.all(paths.map((path) => channelAt(deps.db, principal, channel, path))));
        const wish = { layers, name_priority };
        const after = await setChannelLayers(deps, channel, wish, mayStand(principal), signedIn(principal));
        return shown(deps.db, after);
      },
    });
  }
}

/** Refuses to show in one channel what the principal may not show there. */
export function mayStand(principal: Principal): MayStand {
  return (upper, below) => mustLayer(layerVerdict(principal, upper, below), principal, below.path);
}

async function channelAt(db: Db, principal: Principal, upper: ChannelRow, path: string): Promise<ChannelRow> {
  const channel = await findChannel(db, path);
  mustLayer(layerVerdict(principal, upper, channel), principal, path);
  return channel as ChannelRow;
}

async function shown(db: Db, { id, name_priority }: ChannelRow): Promise<z.output<typeof ChannelLayersView>> {
  return { layers: (await channelsBelow(db, id)).map(({ path }) => path), name_priority };
}
