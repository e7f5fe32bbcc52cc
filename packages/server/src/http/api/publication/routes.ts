import { type ChannelRow, enqueue, findPublication, type LayerState, listPublications } from '@sluice/catalog';
import { channelVerdict, type Principal } from '@sluice/identity';
import {
  changeReasons,
  comparePublications,
  knownNeeded,
  type PublishDeps,
  pinPublication,
  resolveRef,
  rollBack,
  unpinPublication,
} from '@sluice/publish';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import {
  CompareQuery,
  ComparisonView,
  PinBody,
  PinParams,
  PinView,
  PublicationListQuery,
  PublicationView,
  Ref,
  ReindexView,
  RollbackBody,
  RollbackView,
} from './schema.ts';
import { differenceView, pinView, publicationView, rollbackView } from './view.ts';

/** What the routes of publications need. */
export type PublicationRouteDeps = Pick<PublishDeps, 'db' | 'storage' | 'now'>;

type Place = (typeof CHANNEL_PLACES)[number];

/** What a channel has published: list, show, compare, pin, roll back, make anew. */
export function registerPublication(app: App, deps: PublicationRouteDeps): void {
  for (const place of CHANNEL_PLACES) {
    registerReading(app, deps, place);
    registerComparison(app, deps, place);
    registerPins(app, deps, place);
    registerRollback(app, deps, place);
    registerReindex(app, deps, place);
  }
}

function registerReading(app: App, deps: PublicationRouteDeps, { noun, url, params }: Place): void {
  app.route({
    method: 'GET',
    url: `${url}/publications`,
    onRequest: inChannel(deps.db, `${noun}:view`),
    schema: {
      operationId: `list_${noun}_publications`,
      tags: ['publication'],
      summary: `What a ${noun} has published and keeps, the newest first`,
      params,
      querystring: PublicationListQuery,
      response: { 200: pageOf(PublicationView), ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const channel = channelOf(request);
      const seesActors = maySeeActors(request.principal, channel, noun);
      const { rows, total_count } = await listPublications(deps.db, channel.id, request.query);
      return { items: rows.map((row) => publicationView(row, seesActors)), total_count };
    },
  });

  app.route({
    method: 'GET',
    url: `${url}/publications/:ref`,
    onRequest: inChannel(deps.db, `${noun}:view`),
    schema: {
      operationId: `get_${noun}_publication`,
      tags: ['publication'],
      summary: `One publication of a ${noun}`,
      params: z.object({ ...params.shape, ref: Ref }),
      response: { 200: PublicationView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const channel = channelOf(request);
      const { no } = await resolveRef(deps.db, channel.id, request.params.ref);
      const row = await findPublication(deps.db, channel.id, no);
      if (!row) throw new ServerError('not_found', 'The publication was removed in this moment.');
      return publicationView(row, maySeeActors(request.principal, channel, noun));
    },
  });
}

function registerComparison(app: App, deps: PublicationRouteDeps, { noun, url, params }: Place): void {
  app.route({
    method: 'GET',
    url: `${url}/publications/compare`,
    onRequest: inChannel(deps.db, `${noun}:view`),
    schema: {
      operationId: `compare_${noun}_publications`,
      tags: ['publication'],
      summary: 'Which files came, went or changed from one publication to another, and why',
      params,
      querystring: CompareQuery,
      response: { 200: ComparisonView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const channel = channelOf(request);
      const { from: fromRef, to: toRef, ...part } = request.query;
      const { no: from } = await resolveRef(deps.db, channel.id, fromRef);
      const { no: to } = await resolveRef(deps.db, channel.id, toRef);
      const wanted = { channelId: channel.id, from, to, ...part };
      const { counts, total_count, files } = await comparePublications(deps, wanted);
      const known = { ...deps, neededFiles: (layer: LayerState) => knownNeeded(deps, layer) };
      const reasons = await changeReasons(known, channel, { from, to }, files);
      const items = files.map((file, i) => differenceView(file, reasons[i]!));
      return { from, to, ...counts, items, total_count };
    },
  });
}

function registerPins(app: App, deps: PublicationRouteDeps, { noun, url, params }: Place): void {
  const PlacedPin = z.object({ ...params.shape, ...PinParams.shape });
  const edit = inChannel(deps.db, `${noun}:edit`);

  app.route({
    method: 'PUT',
    url: `${url}/pins/:pin`,
    onRequest: edit,
    schema: {
      operationId: `pin_${noun}_publication`,
      tags: ['publication'],
      summary: 'Give a publication a name, by which it is kept and found; a pin of that name moves',
      params: PlacedPin,
      body: PinBody,
      response: { 200: PinView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const { pin: name } = request.params;
      const wish = { name, ref: request.body.publication };
      return pinView(await pinPublication(deps, channelOf(request), wish, signedIn(request.principal)));
    },
  });

  app.route({
    method: 'DELETE',
    url: `${url}/pins/:pin`,
    onRequest: edit,
    schema: {
      operationId: `unpin_${noun}_publication`,
      tags: ['publication'],
      summary: 'Take a name from a publication, which is then kept as long as others',
      params: PlacedPin,
      response: { 204: z.undefined().describe('The pin is gone.'), ...problems(400, 401, 403, 404) },
    },
    handler: async (request, reply) => {
      await unpinPublication(deps, channelOf(request), request.params.pin, signedIn(request.principal));
      return reply.status(204).send();
    },
  });
}

function registerRollback(app: App, deps: PublicationRouteDeps, { noun, url, params }: Place): void {
  app.route({
    method: 'POST',
    url: `${url}/rollback`,
    onRequest: inChannel(deps.db, `${noun}:edit`),
    schema: {
      operationId: `roll_back_${noun}`,
      tags: ['publication'],
      summary: 'Show again what an earlier publication showed, and freeze',
      params,
      body: RollbackBody,
      response: { 200: RollbackView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) =>
      rollbackView(await rollBack(deps, channelOf(request), request.body.to, signedIn(request.principal))),
  });
}

function registerReindex(app: App, deps: PublicationRouteDeps, { noun, url, params }: Place): void {
  app.route({
    method: 'POST',
    url: `${url}/reindex`,
    onRequest: inChannel(deps.db, `${noun}:edit`),
    schema: {
      operationId: `reindex_${noun}`,
      tags: ['publication'],
      summary: `Judge all of a ${noun} anew and make all of its index again; what differs is published`,
      params,
      response: { 202: ReindexView, ...problems(401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const { id, path, frozen } = channelOf(request);
      if (frozen) {
        throw new ServerError(
          'channel_frozen',
          `${path} is frozen: it shows what it shows until it is unfrozen, which judges it anew.`,
        );
      }
      const actor = signedIn(request.principal).name;
      await enqueue(deps.db, 'reindex-channel', { channel_id: id, actor }, { key: `reindex:${id}` });
      const detail = 'It is being made anew; when that is done, the history has an event channel_reindexed.';
      return reply.status(202).send({ detail });
    },
  });
}

function maySeeActors(principal: Principal, channel: ChannelRow, noun: Place['noun']): boolean {
  return channelVerdict(principal, `${noun}:history`, channel) === 'allowed';
}
