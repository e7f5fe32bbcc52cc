import { type Db, patchesInForce, readPatch } from '@sluice/catalog';
import type { JsonObject } from '@sluice/formats/conda';
import { clearPatches, patchMissing, patchWish, setPatches } from '@sluice/registry';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { type PatchPackageDeps, registerPatchPackage } from './package-route.ts';
import { PatchDocument, PatchingView, PatchList, PatchQuery, SubdirParams } from './schema.ts';
import { patchListView } from './view.ts';

/** What the routes of patches need. */
export interface PatchDeps extends PatchPackageDeps {
  db: Db;
  now: () => Date;
}

/** The largest document known, conda-forge's for one subdir, has 63 MB. */
const mostBytes = 128 * 1024 * 1024;

/** What a channel's managers change in its records: list, show, set, clear; each change can be tried first. */
export function registerPatch(app: App, deps: PatchDeps): void {
  registerPatchPackage(app, deps);
  for (const { noun, url, params } of CHANNEL_PLACES) {
    const onRequest = inChannel(deps.db, `${noun}:edit`);
    const inSubdir = z.object({ ...params.shape, ...SubdirParams });

    app.route({
      method: 'GET',
      url: `${url}/patches`,
      onRequest,
      schema: {
        operationId: `list_${noun}_patches`,
        tags: ['patch'],
        summary: `Which subdirs of a ${noun} have patches`,
        params,
        response: { 200: PatchList, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { id, patch_rev } = channelOf(request);
        return patchListView(patch_rev, await patchesInForce(deps.db, id, patch_rev));
      },
    });

    app.route({
      method: 'GET',
      url: `${url}/patches/:subdir`,
      onRequest,
      schema: {
        operationId: `show_${noun}_patches`,
        tags: ['patch'],
        summary: 'The patch document of a subdir',
        params: inSubdir,
        response: { 200: PatchDocument, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const channel = channelOf(request);
        const { subdir } = request.params;
        const rows = await patchesInForce(deps.db, channel.id, channel.patch_rev);
        const row = rows.find((patch) => patch.subdir === subdir);
        if (!row) throw patchMissing(channel, subdir);
        const { from_rev } = row;
        return JSON.parse(await readPatch(deps.db, { channel_id: channel.id, subdir, from_rev })) as JsonObject;
      },
    });

    app.route({
      method: 'PUT',
      url: `${url}/patches/:subdir`,
      onRequest,
      bodyLimit: mostBytes,
      schema: {
        operationId: `set_${noun}_patches`,
        tags: ['patch'],
        summary: 'Replace the patch document of a subdir; what it says of files that are not there is passed over',
        params: inSubdir,
        querystring: PatchQuery,
        body: PatchDocument,
        response: { 200: PatchingView, ...problems(400, 401, 403, 404, 413) },
      },
      handler: async (request) => {
        const wish = patchWish(request.params.subdir, request.body as JsonObject);
        const options = { dryRun: request.query.dry_run };
        return setPatches(deps, channelOf(request), [wish], signedIn(request.principal), options);
      },
    });

    for (const [place, wanted, of] of [
      [`${url}/patches/:subdir`, inSubdir, `${noun}_patches`],
      [`${url}/patches`, params, `all_${noun}_patches`],
    ] as const) {
      app.route({
        method: 'DELETE',
        url: place,
        onRequest,
        schema: {
          operationId: `clear_${of}`,
          tags: ['patch'],
          summary: 'Take patches away: records are shown as their sources have them',
          params: wanted,
          querystring: PatchQuery,
          response: { 200: PatchingView, ...problems(400, 401, 403, 404) },
        },
        handler: async (request) => {
          const { subdir } = request.params as { subdir?: string };
          const options = { dryRun: request.query.dry_run };
          return clearPatches(deps, channelOf(request), subdir, signedIn(request.principal), options);
        },
      });
    }
  }
}
