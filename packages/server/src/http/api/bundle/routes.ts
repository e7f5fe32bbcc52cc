import { type BundleRow, type ChannelRow, type Db, findChannel, listBundles } from '@sluice/catalog';
import { channelVerdict, globalVerdict, type Principal } from '@sluice/identity';
import {
  type BundleDeps,
  bundleKey,
  bundleWithParts,
  createBundle,
  deleteBundleParts,
  MirrorError,
  mayForgetImport,
  resumeBundle,
  stopBundle,
} from '@sluice/mirror';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { mustHold, mustHoldInChannel, needs, signedIn } from '../../authorize.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { BundleBody, BundleKeyView, BundleView, BundleWithParts } from './schema.ts';
import { sendPart } from './send-part.ts';
import { bundleView, bundleWithPartsView } from './view.ts';

/** What the routes of bundles need. */
export interface BundleRouteDeps {
  db: Db;
  bundling: BundleDeps;
}

const id = z.object({ id: z.uuid() });

/** A state file of a million blobs, as base64. */
const bodyLimit = 16 * 1024 * 1024;

/** Whoever manages a channel may carry it away: what is in it is what they may read and decide over. */
function mayBundle(principal: Principal): (channel: ChannelRow | undefined, path: string) => void {
  return (channel, path) => {
    const noun = path.includes('/') ? 'subchannel' : 'channel';
    mustHoldInChannel(principal, `${noun}.mirror:edit`, channel, path);
  };
}

/** Bundles for networks that are cut off: begun here, made by jobs, fetched in parts. */
export function registerBundle(app: App, { db, bundling }: BundleRouteDeps): void {
  const onRequest = needs(signedIn);

  app.route({
    method: 'POST',
    url: '/api/bundles',
    onRequest,
    bodyLimit,
    schema: {
      operationId: 'create_bundle',
      tags: ['bundle'],
      summary: 'Begin a bundle of what channels show now: in full, or what the far side lacks',
      description:
        'It takes the right to manage the channels; for attachments, an output and what is kept also "bundle:manage". ' +
        'Channels and settings may go on changing: the bundle shows them as they are at this moment.',
      body: BundleBody,
      response: { 202: BundleView, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const { principal, body } = request;
      const { name } = signedIn(principal);
      const { attachments = [], output, keep } = body;
      if (attachments.length > 0 || output !== undefined || keep !== undefined) mustHold(principal, 'bundle:manage');
      const state = body.state === undefined ? undefined : Buffer.from(body.state, 'base64');
      const maker = { name, mayBundle: mayBundle(principal) };
      return reply.status(202).send(bundleView(await createBundle(bundling, { ...body, state }, maker)));
    },
  });

  app.route({
    method: 'GET',
    url: '/api/bundles',
    onRequest,
    schema: {
      operationId: 'list_bundles',
      tags: ['bundle'],
      summary: 'Bundles that were made here or brought in, newest first',
      description: 'One\'s own; with "bundle:manage" all.',
      querystring: Paging.extend({
        direction: z.enum(['out', 'in']).optional(),
        series: z.string().max(100).optional(),
      }),
      response: { 200: pageOf(BundleView), ...problems(400, 401, 403) },
    },
    handler: async ({ principal, query }) => {
      const { name } = signedIn(principal);
      const isManager = globalVerdict(principal, 'bundle:manage') === 'allowed';
      const { rows, total_count } = await listBundles(db, { ...query, ...(!isManager && { actor: name }) });
      return { items: rows.map(bundleView), total_count };
    },
  });

  app.route({
    method: 'GET',
    url: '/api/bundles/key',
    onRequest,
    schema: {
      operationId: 'get_bundle_key',
      tags: ['bundle'],
      summary: 'The public key that bundles made here are signed with',
      response: { 200: BundleKeyView, ...problems(401, 500) },
    },
    handler: async () => {
      const { issuer, publicKey, fingerprint } = await bundleKey(bundling);
      return { issuer, public_key: publicKey, fingerprint };
    },
  });

  app.route({
    method: 'GET',
    url: '/api/bundles/:id',
    onRequest,
    schema: {
      operationId: 'get_bundle',
      tags: ['bundle'],
      summary: 'How far a bundle is, and its parts',
      params: id,
      response: { 200: BundleWithParts, ...problems(400, 401, 404) },
    },
    handler: async ({ principal, params }) => {
      const { bundle, parts } = await visible(principal, params.id);
      return bundleWithPartsView(bundle, parts);
    },
  });

  for (const [verb, act] of [
    ['stop', stopBundle],
    ['resume', resumeBundle],
  ] as const) {
    app.route({
      method: 'POST',
      url: `/api/bundles/:id/${verb}`,
      onRequest,
      schema: {
        operationId: `${verb}_bundle`,
        tags: ['bundle'],
        summary: verb === 'stop' ? 'Stop it; what is done stays' : 'Go on with one that was stopped or has failed',
        params: id,
        response: { 202: BundleView, ...problems(400, 401, 404, 409) },
      },
      handler: async ({ principal, params }, reply) => {
        await visible(principal, params.id);
        return reply.status(202).send(bundleView(await act(bundling, params.id)));
      },
    });
  }

  app.route({
    method: 'GET',
    url: '/api/bundles/:id/parts/:part',
    onRequest,
    schema: {
      operationId: 'get_bundle_part',
      tags: ['bundle'],
      summary: 'The file of a part, also by ranges',
      params: id.extend({ part: z.coerce.number().int().min(1) }),
      response: { 200: z.unknown(), ...problems(400, 401, 404, 409) },
    },
    handler: async (request, reply) => {
      const { bundle, parts } = await visible(request.principal, request.params.id);
      const part = parts.find((one) => one.part === request.params.part);
      await sendPart(bundle, part, request.raw, reply);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/api/bundles/:id',
    onRequest,
    schema: {
      operationId: 'delete_bundle',
      tags: ['bundle'],
      summary: 'Remove a bundle with its parts; its number is not used again',
      params: id,
      response: { 204: z.null(), ...problems(400, 401, 404, 409) },
    },
    handler: async ({ principal, params }, reply) => {
      await mayForgetImport(bundling, (await visible(principal, params.id)).bundle);
      await deleteBundleParts(bundling, params.id, signedIn(principal).name);
      return reply.status(204).send(null);
    },
  });

  /** One's own, as long as one still manages all of its channels, or anybody's with "bundle:manage". */
  async function visible(principal: Principal, bundleId: string) {
    const found = await bundleWithParts(bundling, bundleId);
    if (globalVerdict(principal, 'bundle:manage') === 'allowed') return found;
    if (found.bundle.actor === signedIn(principal).name && (await managesAll(principal, found.bundle))) return found;
    throw new MirrorError('bundle_missing', `There is no bundle ${bundleId}.`, { found: bundleId });
  }

  async function managesAll(principal: Principal, bundle: BundleRow): Promise<boolean> {
    for (const { channel } of bundleView(bundle).channels) {
      if (!(await manages(db, principal, channel))) return false;
    }
    return true;
  }
}

async function manages(db: Db, principal: Principal, path: string): Promise<boolean> {
  const channel = await findChannel(db, path);
  const noun = path.includes('/') ? 'subchannel' : 'channel';
  return channel === undefined || channelVerdict(principal, `${noun}.mirror:edit`, channel) === 'allowed';
}
