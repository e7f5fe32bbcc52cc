import { listHeadPackages } from '@sluice/catalog';
import { headShards } from '@sluice/publish';
import { deleteFiles } from '@sluice/registry';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { newestFirst, type ShownFile } from './newest-first.ts';
import { ArtifactListQuery, ArtifactParams, ArtifactView, FileParams, FileView } from './schema.ts';
import { registerUpload, type UploadDeps } from './upload.ts';
import { artifactView, fileView } from './view.ts';

export type ArtifactDeps = UploadDeps;

/** The packages of a channel: list, look into, upload, delete. */
export function registerArtifact(app: App, deps: ArtifactDeps): void {
  registerUpload(app, deps);
  for (const { noun, url, params } of CHANNEL_PLACES) {
    app.route({
      method: 'GET',
      url: `${url}/artifacts`,
      onRequest: inChannel(deps.db, `${noun}:view-artifacts`),
      schema: {
        operationId: `list_${noun}_artifacts`,
        tags: ['artifact'],
        summary: `The packages that clients of a ${noun} are shown, by name`,
        params,
        querystring: ArtifactListQuery,
        response: { 200: pageOf(ArtifactView), ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { id } = channelOf(request);
        const { names, total_count } = await listHeadPackages(deps.db, id, request.query);
        const shards = Map.groupBy(await headShards(deps, id, names), (shard) => shard.name);
        // A publication may have come between the two questions.
        const items = names.flatMap((name) => {
          const files = newestFirst(shards.get(name) ?? []);
          return files.length > 0 ? [artifactView(name, files)] : [];
        });
        return { items, total_count };
      },
    });

    app.route({
      method: 'GET',
      url: `${url}/artifacts/conda/:name`,
      onRequest: inChannel(deps.db, 'artifact:view'),
      schema: {
        operationId: `get_${noun}_artifact`,
        tags: ['artifact'],
        summary: 'One package',
        params: z.object({ ...params.shape, ...ArtifactParams }),
        response: { 200: ArtifactView, ...problems(401, 403, 404) },
      },
      handler: async (request) => {
        const { name } = request.params;
        return artifactView(name, await shownFiles(deps, channelOf(request), name));
      },
    });

    app.route({
      method: 'GET',
      url: `${url}/artifacts/conda/:name/files`,
      onRequest: inChannel(deps.db, 'artifact:view'),
      schema: {
        operationId: `list_${noun}_artifact_files`,
        tags: ['artifact'],
        summary: 'The files of a package, the newest version first',
        params: z.object({ ...params.shape, ...ArtifactParams }),
        querystring: Paging,
        response: { 200: pageOf(FileView), ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { name } = request.params;
        const { limit, offset } = request.query;
        const files = await shownFiles(deps, channelOf(request), name);
        const items = files.slice(offset, offset + limit).map((file) => fileView(name, file));
        return { items, total_count: files.length };
      },
    });

    app.route({
      method: 'DELETE',
      url: `${url}/artifacts/conda/:name`,
      onRequest: inChannel(deps.db, 'artifact:delete'),
      schema: {
        operationId: `delete_${noun}_artifact`,
        tags: ['artifact'],
        summary: 'Delete all files of a package that were uploaded here',
        params: z.object({ ...params.shape, ...ArtifactParams }),
        response: { 204: z.undefined().describe('Nobody gets them any more.'), ...problems(401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        await deleteFiles(deps, channelOf(request), { name: request.params.name }, signedIn(request.principal));
        return reply.status(204).send();
      },
    });

    app.route({
      method: 'DELETE',
      url: `${url}/artifacts/conda/:name/files/:subdir/:file`,
      onRequest: inChannel(deps.db, 'artifact:delete'),
      schema: {
        operationId: `delete_${noun}_artifact_file`,
        tags: ['artifact'],
        summary: 'Delete one file that was uploaded here',
        params: z.object({ ...params.shape, ...FileParams }),
        response: { 204: z.undefined().describe('Nobody gets it any more.'), ...problems(401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { name, subdir, file } = request.params;
        await deleteFiles(deps, channelOf(request), { name, one: { subdir, file } }, signedIn(request.principal));
        return reply.status(204).send();
      },
    });
  }
}

async function shownFiles(
  deps: ArtifactDeps,
  channel: { id: number; path: string },
  name: string,
): Promise<ShownFile[]> {
  const files = newestFirst(await headShards(deps, channel.id, [name]));
  if (files.length > 0) return files;
  throw new ServerError('not_found', `Clients of ${channel.path} are shown no conda package ${name}.`);
}
