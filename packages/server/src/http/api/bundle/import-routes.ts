import type { Readable } from 'node:stream';
import type { Db } from '@sluice/catalog';
import type { Principal, SignedIn } from '@sluice/identity';
import {
  type BundleDeps,
  distrustIssuer,
  farState,
  importPath,
  importSent,
  MirrorError,
  receivePart,
  sentBytes,
  trustedIssuers,
  trustIssuer,
  watchedFiles,
} from '@sluice/mirror';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { mustHold, needs, signedIn } from '../../authorize.ts';
import { problems } from '../../problem-schema.ts';
import { BegunImports, ImportBody, SentPart, TrustBody, TrustedIssuerView, WatchedFileView } from './import-schema.ts';
import { bundleView } from './view.ts';

const part = z.object({ id: z.uuid(), part: z.coerce.number().int().min(1).max(9999) });

/** Bundles that come in, whose bundles are believed, and what lies in the watched folder: an administrator's. */
export function registerBundleImport(app: App, { db, bundling }: { db: Db; bundling: BundleDeps }): void {
  const onRequest = needs(manager);
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));

  app.route({
    method: 'POST',
    url: '/api/bundles/imports',
    onRequest,
    schema: {
      operationId: 'import_bundles',
      tags: ['bundle'],
      summary: 'Import bundles from a path of the server, or begin one whose parts are sent',
      description:
        'Nothing of a bundle is visible before all of it is verified. Called again with more parts, it goes on.',
      body: ImportBody,
      response: { 202: BegunImports, ...problems(400, 401, 403, 404, 409, 422) },
    },
    handler: async ({ principal, body }, reply) => {
      const { name } = manager(principal);
      if (body.path !== undefined) {
        const { bundles, refused } = await importPath(bundling, body.path, name);
        return reply.status(202).send({ items: bundles.map(bundleView), refused });
      }
      const row = await importSent(bundling, Buffer.from(body.manifest!, 'base64'), name);
      return reply.status(202).send({ items: [bundleView(row)], refused: [] });
    },
  });

  app.route({
    method: 'GET',
    url: '/api/bundles/imports/:id/parts/:part',
    onRequest,
    schema: {
      operationId: 'get_sent_part',
      tags: ['bundle'],
      summary: 'How many bytes of a part were sent',
      params: part,
      response: { 200: SentPart, ...problems(400, 401, 403, 404) },
    },
    handler: async ({ params }) => sentBytes(bundling, params.id, params.part),
  });

  app.route({
    method: 'PUT',
    url: '/api/bundles/imports/:id/parts/:part',
    onRequest,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    schema: {
      operationId: 'send_part',
      tags: ['bundle'],
      summary: 'Send a part, or the rest of one',
      description:
        'As application/octet-stream, with `Content-Range: bytes <first>-<last>/<total>`, from where the last bytes ended.',
      params: part,
      response: { 200: SentPart, ...problems(400, 401, 403, 404, 409, 422) },
    },
    handler: async ({ params, headers, body }) => {
      const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '');
      if (!range) {
        throw new MirrorError(
          'bundle_offset',
          'Say which bytes these are: Content-Range: bytes <first>-<last>/<total>.',
          {
            wanted: 'Content-Range: bytes <first>-<last>/<total>',
          },
        );
      }
      const place = { ...params, from: Number(range[1]), total: Number(range[2]) };
      return receivePart(bundling, place, body as unknown as Readable);
    },
  });

  app.route({
    method: 'GET',
    url: '/api/bundles/state',
    onRequest,
    schema: {
      operationId: 'get_bundle_state',
      tags: ['bundle'],
      summary: 'What is here of a series: a small file, to be carried back for the next delta',
      querystring: z.object({ series: z.string().max(100).optional() }),
      response: { 200: z.unknown(), ...problems(400, 401, 403, 404) },
    },
    handler: async ({ query }, reply) => {
      reply.type('application/octet-stream');
      return reply.send(Buffer.from(await farState(bundling, query.series)));
    },
  });

  app.route({
    method: 'GET',
    url: '/api/bundles/watched',
    onRequest,
    schema: {
      operationId: 'list_watched_files',
      tags: ['bundle'],
      summary: 'What lies in <data>/airgap, and what became of it',
      response: { 200: z.object({ items: z.array(WatchedFileView) }), ...problems(401, 403) },
    },
    handler: async () => ({ items: await watchedFiles(db) }),
  });

  app.route({
    method: 'GET',
    url: '/api/bundles/trust',
    onRequest,
    schema: {
      operationId: 'list_trusted_issuers',
      tags: ['bundle'],
      summary: 'Whose bundles are imported here',
      response: { 200: z.object({ items: z.array(TrustedIssuerView) }), ...problems(401, 403) },
    },
    handler: async () => ({ items: await trustedIssuers(db) }),
  });

  app.route({
    method: 'POST',
    url: '/api/bundles/trust',
    onRequest,
    schema: {
      operationId: 'trust_issuer',
      tags: ['bundle'],
      summary: 'Import bundles that this key signed',
      body: TrustBody,
      response: { 201: TrustedIssuerView, ...problems(400, 401, 403) },
    },
    handler: async ({ principal, body }, reply) =>
      reply.status(201).send(await trustIssuer(bundling, body, manager(principal).name)),
  });

  app.route({
    method: 'DELETE',
    url: '/api/bundles/trust/:issuer',
    onRequest,
    schema: {
      operationId: 'distrust_issuer',
      tags: ['bundle'],
      summary: 'Import no more bundles of this issuer; what came in stays',
      params: z.object({ issuer: z.string().max(64) }),
      response: { 204: z.null(), ...problems(401, 403, 404) },
    },
    handler: async ({ principal, params }, reply) => {
      await distrustIssuer(bundling, params.issuer, manager(principal).name);
      return reply.status(204).send(null);
    },
  });
}

function manager(principal: Principal): SignedIn {
  mustHold(principal, 'bundle:manage');
  return signedIn(principal);
}
