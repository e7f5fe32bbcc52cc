import type { PackageFamily } from '@sluice/formats/package';
import { headShards } from '@sluice/publish';
import { deleteFiles } from '@sluice/registry';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { type FamilyWords, families, fileUrls, placeOfFile, wordsOf } from './family.ts';
import { newestFirst, type ShownPackage, shownPackages } from './newest-first.ts';
import { openPackageLists } from './package-list.ts';
import { ArtifactListQuery, ArtifactParams, ArtifactView, FileParams, FileView } from './schema.ts';
import { registerUpload, type UploadDeps } from './upload.ts';
import { artifactView, fileView, listedFields } from './view.ts';
import { registerYank } from './yank.ts';

export type ArtifactDeps = UploadDeps;

/** The packages of a channel: list, look into, upload, delete. */
export function registerArtifact(app: App, deps: ArtifactDeps): void {
  registerUpload(app, deps);
  registerYank(app, deps);
  const listPackages = openPackageLists(deps);
  for (const place of CHANNEL_PLACES) {
    const { noun, url, params } = place;
    app.route({
      method: 'GET',
      url: `${url}/artifacts`,
      onRequest: inChannel(deps.db, `${noun}:view-artifacts`),
      schema: {
        operationId: `list_${noun}_artifacts`,
        tags: ['artifact'],
        summary: `The packages that clients of a ${noun} are shown, by name; one that two families have is there twice`,
        params,
        querystring: ArtifactListQuery,
        response: { 200: pageOf(ArtifactView), ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const channel = channelOf(request);
        const { names, total_count } = await listPackages(channel, request.query);
        const shards = Map.groupBy(await headShards(deps, channel.id, names, listedFields), (shard) => shard.name);
        // A publication may have come between the two questions.
        const items = names.flatMap((name) =>
          shownPackages(shards.get(name) ?? []).map((shown) => artifactView(name, shown)),
        );
        return { items, total_count };
      },
    });

    for (const family of families) registerFamily(app, deps, place, family);
  }
}

type ChannelPlace = (typeof CHANNEL_PLACES)[number];

function registerFamily(
  app: App,
  deps: ArtifactDeps,
  { noun, url, params }: ChannelPlace,
  family: PackageFamily,
): void {
  const words = wordsOf(family);
  // The oldest family has the plain names.
  const id = family === 'conda' ? noun : `${noun}_${family}`;
  const name = z.object({ ...params.shape, ...ArtifactParams });
  const file = z.object({ ...params.shape, ...FileParams[family] });
  const filePlace = (given: { name: string; file: string; subdir?: string; tree?: string }) => ({
    type: words.type,
    name: given.name,
    one: placeOfFile(family, given.name, given),
  });

  app.route({
    method: 'GET',
    url: `${url}/artifacts/${family}/:name`,
    onRequest: inChannel(deps.db, 'artifact:view'),
    schema: {
      operationId: `get_${id}_artifact`,
      tags: ['artifact'],
      summary: 'One package',
      params: name,
      response: { 200: ArtifactView, ...problems(401, 403, 404) },
    },
    handler: async (request) => {
      const shown = await shownPackage(deps, channelOf(request), words, request.params.name);
      return artifactView(request.params.name, shown);
    },
  });

  app.route({
    method: 'GET',
    url: `${url}/artifacts/${family}/:name/files`,
    onRequest: inChannel(deps.db, 'artifact:view'),
    schema: {
      operationId: `list_${id}_artifact_files`,
      tags: ['artifact'],
      summary: 'The files of a package, the newest version first',
      params: name,
      querystring: Paging,
      response: { 200: pageOf(FileView), ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const { limit, offset } = request.query;
      const shown = await shownPackage(deps, channelOf(request), words, request.params.name);
      const items = newestFirst(shown)
        .slice(offset, offset + limit)
        .map((one) => fileView(request.params.name, words, one));
      return { items, total_count: shown.files.length };
    },
  });

  app.route({
    method: 'DELETE',
    url: `${url}/artifacts/${family}/:name`,
    onRequest: inChannel(deps.db, 'artifact:delete'),
    schema: {
      operationId: `delete_${id}_artifact`,
      tags: ['artifact'],
      summary: 'Delete all files of a package that were uploaded here',
      params: name,
      response: { 204: z.undefined().describe('Nobody gets them any more.'), ...problems(401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const choice = { type: words.type, name: request.params.name };
      await deleteFiles(deps, channelOf(request), choice, signedIn(request.principal));
      return reply.status(204).send();
    },
  });

  app.route({
    method: 'DELETE',
    url: `${url}/artifacts/${family}/:name/files/${fileUrls[family]}`,
    onRequest: inChannel(deps.db, 'artifact:delete'),
    schema: {
      operationId: `delete_${id}_artifact_file`,
      tags: ['artifact'],
      summary: 'Delete one file that was uploaded here',
      params: file,
      response: { 204: z.undefined().describe('Nobody gets it any more.'), ...problems(401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      await deleteFiles(deps, channelOf(request), filePlace(request.params), signedIn(request.principal));
      return reply.status(204).send();
    },
  });
}

async function shownPackage(
  deps: ArtifactDeps,
  channel: { id: number; path: string },
  words: FamilyWords,
  name: string,
): Promise<ShownPackage> {
  const found = shownPackages(await headShards(deps, channel.id, [name])).find((one) => one.words === words);
  if (found) return found;
  throw new ServerError('not_found', `Clients of ${channel.path} are shown no ${words.family} package ${name}.`);
}
