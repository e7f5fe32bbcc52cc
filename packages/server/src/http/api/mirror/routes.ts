import type { ChannelRow, MirrorSort } from '@sluice/catalog';
import { type Principal, systemVerdict } from '@sluice/identity';
import {
  createMirror,
  type DryRunDeps,
  deleteMirror,
  dryRun,
  editMirror,
  listMirrors,
  listRuns,
  type MirrorActor,
  type MirrorDeps,
  type MirrorInfo,
  mirrorInfo,
  runNow,
  stopRun,
} from '@sluice/mirror';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { mustHold, needs, signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { dryRunDeps } from '../closure/closure-deps.ts';
import { registerEvents } from './events-route.ts';
import type { Followers } from './followers.ts';
import { mirrorOf } from './mirror-of.ts';
import {
  ChannelMirrorsQuery,
  CreateMirrorBody,
  DeleteMirrorQuery,
  DryRunQuery,
  DryRunView,
  EditMirrorBody,
  MirrorListQuery,
  MirrorParams,
  MirrorView,
  RunView,
  StartedRunView,
} from './schema.ts';
import { mirrorView, runView } from './view.ts';

/** What the routes of mirrors need. */
export interface MirrorRouteDeps {
  mirroring: MirrorDeps;
  /** Who listens to runs. */
  followers: Followers<MirrorInfo>;
}

/** Mirrors of a channel or subchannel: list, create, show, edit, delete, run, stop, history; and all mirrors there are. */
export function registerMirror(app: App, { mirroring, followers }: MirrorRouteDeps): void {
  const deps = dryRunDeps(mirroring);
  app.route({
    method: 'GET',
    url: '/api/mirrors',
    onRequest: needs((principal) => mustHold(principal, 'mirror:view')),
    schema: {
      operationId: 'list_all_mirrors',
      tags: ['mirror'],
      summary: 'All mirrors of all channels, with state, progress and results',
      querystring: MirrorListQuery,
      response: { 200: pageOf(MirrorView), ...problems(400, 401, 403) },
    },
    handler: ({ query }) => page(deps, query),
  });
  app.route({
    method: 'POST',
    url: '/api/mirrors/dry_run',
    onRequest: needs((principal) => mustHold(principal, 'channel:create')),
    schema: {
      operationId: 'try_mirror',
      tags: ['mirror'],
      summary: 'What a mirror would do in a channel that is not made yet',
      querystring: DryRunQuery,
      body: CreateMirrorBody,
      response: { 200: DryRunView, ...problems(400, 401, 403, 502) },
    },
    handler: (request, reply) => {
      const { run_now: _, ...input } = request.body;
      return dryRun(deps, { newChannel: true, input }, request.query, gone(reply));
    },
  });
  for (const place of CHANNEL_PLACES) {
    registerCollection(app, deps, place);
    registerOne(app, deps, place);
    registerWork(app, deps, place);
    registerEvents(app, deps, followers, place);
    registerDryRuns(app, deps, place);
  }
}

type Place = (typeof CHANNEL_PLACES)[number];

function registerCollection(app: App, deps: MirrorDeps, { noun, url, params }: Place): void {
  app.route({
    method: 'GET',
    url: `${url}/mirrors`,
    onRequest: inChannel(deps.db, `${noun}.mirror:view`),
    schema: {
      operationId: `list_${noun}_mirrors`,
      tags: ['mirror'],
      summary: `The mirrors of a ${noun}`,
      params,
      querystring: ChannelMirrorsQuery,
      response: { 200: pageOf(MirrorView), ...problems(400, 401, 403, 404) },
    },
    handler: (request) => page(deps, request.query, [channelOf(request).id]),
  });

  app.route({
    method: 'POST',
    url: `${url}/mirrors`,
    onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
    schema: {
      operationId: `create_${noun}_mirror`,
      tags: ['mirror'],
      summary: `Make a mirror in a ${noun}`,
      params,
      body: CreateMirrorBody,
      response: { 201: MirrorView, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const { run_now = false, ...input } = request.body;
      const wish = { channelId: channelOf(request).id, input, run_now };
      const id = await createMirror(deps, wish, mirrorActor(request.principal));
      const view = mirrorView(await mirrorInfo(deps, id));
      return reply.status(201).send({ ...view, warnings: await warningsOf(deps, channelOf(request)) });
    },
  });
}

function registerOne(app: App, deps: MirrorDeps, place: Place): void {
  const { noun } = place;
  const url = `${place.url}/mirrors/:id`;
  const params = place.params.extend(MirrorParams.shape);

  app.route({
    method: 'GET',
    url,
    onRequest: inChannel(deps.db, `${noun}.mirror:view`),
    schema: {
      operationId: `get_${noun}_mirror`,
      tags: ['mirror'],
      summary: 'One mirror, with the state of its newest run',
      params,
      response: { 200: MirrorView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => mirrorView(await mirrorOf(deps, channelOf(request), request.params.id)),
  });

  app.route({
    method: 'PUT',
    url,
    onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
    schema: {
      operationId: `update_${noun}_mirror`,
      tags: ['mirror'],
      summary: 'Change a mirror; what is left out stays. Its mode is fixed.',
      params,
      body: EditMirrorBody,
      response: { 202: MirrorView, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const { id } = await mirrorOf(deps, channelOf(request), request.params.id);
      await editMirror(deps, id, request.body, mirrorActor(request.principal));
      return reply.status(202).send(mirrorView(await mirrorInfo(deps, id)));
    },
  });

  app.route({
    method: 'DELETE',
    url,
    onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
    schema: {
      operationId: `delete_${noun}_mirror`,
      tags: ['mirror'],
      summary: 'Delete a mirror, keeping what is local or removing all of it',
      params,
      querystring: DeleteMirrorQuery,
      response: { 204: z.undefined().describe('The mirror is gone.'), ...problems(400, 401, 403, 404) },
    },
    handler: async (request, reply) => {
      const { id } = await mirrorOf(deps, channelOf(request), request.params.id);
      await deleteMirror(deps, id, request.query.packages, signedIn(request.principal));
      return reply.status(204).send();
    },
  });
}

function registerWork(app: App, deps: MirrorDeps, place: Place): void {
  const { noun } = place;
  const url = `${place.url}/mirrors/:id`;
  const params = place.params.extend(MirrorParams.shape);

  app.route({
    method: 'POST',
    url: `${url}/run`,
    onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
    schema: {
      operationId: `run_${noun}_mirror`,
      tags: ['mirror'],
      summary: 'Run a mirror now; after a stopped run this is a restart',
      params,
      response: { 202: StartedRunView, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const { id } = await mirrorOf(deps, channelOf(request), request.params.id);
      return reply.status(202).send({ run_id: await runNow(deps, id, signedIn(request.principal)) });
    },
  });

  app.route({
    method: 'POST',
    url: `${url}/stop_mirror_sync`,
    onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
    schema: {
      operationId: `stop_${noun}_mirror`,
      tags: ['mirror'],
      summary: 'Stop the run of a mirror; what it has brought in stays',
      params,
      response: { 200: MirrorView, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request) => {
      const { id } = await mirrorOf(deps, channelOf(request), request.params.id);
      await stopRun(deps, id);
      return mirrorView(await mirrorInfo(deps, id));
    },
  });

  app.route({
    method: 'GET',
    url: `${url}/runs`,
    onRequest: inChannel(deps.db, `${noun}.mirror:view`),
    schema: {
      operationId: `list_${noun}_mirror_runs`,
      tags: ['mirror'],
      summary: 'The runs of a mirror, newest first',
      params,
      querystring: Paging,
      response: { 200: pageOf(RunView), ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const { id } = await mirrorOf(deps, channelOf(request), request.params.id);
      const { items, total_count } = await listRuns(deps, id, request.query);
      return { items: items.map(runView), total_count };
    },
  });
}

function registerDryRuns(app: App, deps: DryRunDeps, { noun, url, params }: Place): void {
  app.route({
    method: 'POST',
    url: `${url}/mirrors/dry_run`,
    onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
    schema: {
      operationId: `try_${noun}_mirror`,
      tags: ['mirror'],
      summary: 'What a mirror would do, without making it: counts, and a decision for every file',
      params,
      querystring: DryRunQuery,
      body: CreateMirrorBody,
      response: { 200: DryRunView, ...problems(400, 401, 403, 404, 502) },
    },
    handler: (request, reply) => {
      const { run_now: _, ...input } = request.body;
      return dryRun(deps, { channelId: channelOf(request).id, input }, request.query, gone(reply));
    },
  });

  app.route({
    method: 'POST',
    url: `${url}/mirrors/:id/dry_run`,
    onRequest: inChannel(deps.db, `${noun}.mirror:edit`),
    schema: {
      operationId: `try_${noun}_mirror_change`,
      tags: ['mirror'],
      summary: 'What the next run of a mirror would do, with changes that are not saved',
      params: params.extend(MirrorParams.shape),
      querystring: DryRunQuery,
      body: EditMirrorBody,
      response: { 200: DryRunView, ...problems(400, 401, 403, 404, 502) },
    },
    handler: async (request, reply) => {
      const { id } = await mirrorOf(deps, channelOf(request), request.params.id);
      const { run_now: _, ...edit } = request.body;
      return dryRun(deps, { mirrorId: id, edit }, request.query, gone(reply));
    },
  });
}

function mirrorActor(principal: Principal): MirrorActor {
  return { name: signedIn(principal).name, isAdministrator: systemVerdict(principal) === 'allowed' };
}

/** Aborted when whoever asked does not wait any more. */
function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) controller.abort();
  });
  return controller.signal;
}

async function page(
  deps: MirrorDeps,
  { sort, q, channel, state, type, mode, limit, offset }: z.output<typeof MirrorListQuery>,
  channelIds?: readonly number[],
) {
  const column = sort.replace(/^-/, '');
  const { items, total_count } = await listMirrors(deps, {
    sort: sortColumns[column] ?? (column as MirrorSort),
    descending: sort.startsWith('-'),
    limit,
    offset,
    ...(q && { text: q }),
    ...(channel && { channel }),
    ...(state && { state }),
    ...(type && { type }),
    ...(mode && { mode }),
    ...(channelIds && { channelIds }),
  });
  return { items: items.map(mirrorView), total_count };
}

/** Where the wire has another name than the catalog. */
const sortColumns: Record<string, MirrorSort> = { mirror_name: 'name', source_root: 'source' };

/** Several mirrors of a channel are fine, and rarely what was meant. */
async function warningsOf(deps: MirrorDeps, { id, path }: ChannelRow) {
  const { total_count } = await listMirrors(deps, { channelIds: [id], sort: 'name', limit: 1, offset: 0 });
  if (total_count < 2) return [];
  const message = `The channel ${path} has ${total_count} mirrors now. Where two list the same file, the first made is shown.`;
  return [{ code: 'several_mirrors', message }];
}
