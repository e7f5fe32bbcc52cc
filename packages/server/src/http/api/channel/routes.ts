import { type ChannelList, type Db, findChannelSummary, listChannels } from '@sluice/catalog';
import { type ChannelAccess, channelSight, channelVerdict, type Principal } from '@sluice/identity';
import { type ChannelEdit, createChannel, deleteChannel, editChannel } from '@sluice/registry';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { mustHold, needs, signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { mayStand } from '../channel-layer/routes.ts';
import { ChannelListQuery, ChannelView, CreateChannelBody, EditChannelBody } from './schema.ts';
import { channelView } from './view.ts';

/** What the routes of channels need. */
export interface ChannelDeps {
  db: Db;
  now: () => Date;
}

const [CHANNEL] = CHANNEL_PLACES;

/** Channels and subchannels: list, create, show, edit, freeze, delete. */
export function registerChannel(app: App, deps: ChannelDeps): void {
  registerLists(app, deps);
  registerCreation(app, deps);
  for (const { noun, url, params } of CHANNEL_PLACES) {
    app.route({
      method: 'GET',
      url,
      onRequest: inChannel(deps.db, `${noun}:view`),
      schema: {
        operationId: `get_${noun}`,
        tags: ['channel'],
        summary: `One ${noun}`,
        params,
        response: { 200: ChannelView, ...problems(401, 403, 404) },
      },
      handler: (request) => shown(deps.db, channelOf(request).id, request.principal),
    });

    app.route({
      method: 'PUT',
      url,
      onRequest: inChannel(deps.db, `${noun}:edit`),
      schema: {
        operationId: `update_${noun}`,
        tags: ['channel'],
        summary: `Change, freeze or unfreeze a ${noun}`,
        params,
        body: EditChannelBody,
        response: { 200: ChannelView, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { principal, body } = request;
        const actor = signedIn(principal);
        const { id } = await editChannel(deps, channelOf(request), wishOf(body), actor, mayStand(principal));
        return shown(deps.db, id, request.principal);
      },
    });

    app.route({
      method: 'DELETE',
      url,
      onRequest: inChannel(deps.db, `${noun}:delete`),
      schema: {
        operationId: `delete_${noun}`,
        tags: ['channel'],
        summary: noun === 'channel' ? 'Delete a channel with its subchannels' : 'Delete a subchannel',
        params,
        response: {
          202: z.undefined().describe('Nobody sees it any more; what it kept is being removed.'),
          ...problems(401, 403, 404, 409),
        },
      },
      handler: async (request, reply) => {
        const { principal } = request;
        await deleteChannel(deps, channelOf(request), signedIn(principal), (above) => maySee(principal, above));
        return reply.status(202).send();
      },
    });
  }
}

function registerLists(app: App, deps: ChannelDeps): void {
  const answer = async (
    list: Omit<ChannelList, 'sort' | 'descending'>,
    { sort }: z.output<typeof ChannelListQuery>,
  ) => {
    const descending = sort.startsWith('-');
    const by = (descending ? sort.slice(1) : sort) as ChannelList['sort'];
    const { rows, total_count } = await listChannels(deps.db, { ...list, sort: by, descending });
    return { items: rows.map(channelView), total_count };
  };

  app.route({
    method: 'GET',
    url: '/api/channels',
    schema: {
      operationId: 'list_channels',
      tags: ['channel'],
      summary: 'The channels you may see, without subchannels',
      querystring: ChannelListQuery,
      response: { 200: pageOf(ChannelView), ...problems(400) },
    },
    handler: ({ principal, query }) =>
      answer({ ...query, sight: channelSight(principal, ['channel:view']), within: 'top' }, query),
  });

  app.route({
    method: 'GET',
    url: '/api/account/channels',
    onRequest: needs(signedIn),
    schema: {
      operationId: 'list_account_channels',
      tags: ['channel'],
      summary: 'The channels and subchannels you own',
      querystring: ChannelListQuery,
      response: { 200: pageOf(ChannelView), ...problems(400, 401) },
    },
    handler: ({ principal, query }) => {
      const sight = channelSight(principal, ['channel:view', 'subchannel:view']);
      return answer({ ...query, sight, within: 'anywhere', owner_id: signedIn(principal).id }, query);
    },
  });

  app.route({
    method: 'GET',
    url: `${CHANNEL.url}/subchannels`,
    onRequest: inChannel(deps.db, 'channel:view'),
    schema: {
      operationId: 'list_subchannels',
      tags: ['channel'],
      summary: 'The subchannels of a channel that you may see',
      params: CHANNEL.params,
      querystring: ChannelListQuery,
      response: { 200: pageOf(ChannelView), ...problems(400, 401, 403, 404) },
    },
    handler: (request) => {
      const sight = channelSight(request.principal, ['subchannel:view']);
      return answer({ ...request.query, sight, within: { parent_id: channelOf(request).id } }, request.query);
    },
  });
}

function registerCreation(app: App, deps: ChannelDeps): void {
  app.route({
    method: 'POST',
    url: '/api/channels',
    onRequest: needs((principal) => mustHold(principal, 'channel:create')),
    schema: {
      operationId: 'create_channel',
      tags: ['channel'],
      summary: 'Create a channel; you will own it',
      body: CreateChannelBody,
      response: { 201: ChannelView, ...problems(400, 401, 403, 409) },
    },
    handler: async (request, reply) => {
      const { name } = request.body;
      const wish = { name, ...wishOf(request.body) };
      const { id } = await createChannel(deps, wish, signedIn(request.principal));
      return reply.status(201).send(await shown(deps.db, id, request.principal));
    },
  });

  app.route({
    method: 'POST',
    url: `${CHANNEL.url}/subchannels`,
    onRequest: inChannel(deps.db, 'subchannel:create'),
    schema: {
      operationId: 'create_subchannel',
      tags: ['channel'],
      summary: 'Create a subchannel; it inherits nothing, and you will own it',
      params: CHANNEL.params,
      body: CreateChannelBody,
      response: { 201: ChannelView, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const { name } = request.body;
      const wish = { name, parent: channelOf(request), ...wishOf(request.body) };
      const { id } = await createChannel(deps, wish, signedIn(request.principal));
      return reply.status(201).send(await shown(deps.db, id, request.principal));
    },
  });
}

function maySee(principal: Principal, channel: ChannelAccess): boolean {
  const action = channel.path.includes('/') ? 'subchannel:view' : 'channel:view';
  return channelVerdict(principal, action, channel) === 'allowed';
}

/** The settings in a body, in the words of the registry. */
function wishOf(body: z.output<typeof EditChannelBody>): ChannelEdit {
  const { description, privacy, types, filters, indexing_behavior, retention } = body;
  const frozen = indexing_behavior === undefined ? undefined : indexing_behavior === 'frozen';
  return { description, privacy, types, filters, frozen, retention };
}

async function shown(db: Db, id: number, principal: Principal): Promise<z.output<typeof ChannelView>> {
  const row = await findChannelSummary(db, id, channelSight(principal, ['subchannel:view']));
  if (row) return channelView(row);
  throw new ServerError('not_found', 'The channel was deleted in this moment.');
}
