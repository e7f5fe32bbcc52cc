import multipart from '@fastify/multipart';
import type { Db } from '@sluice/catalog';
import { readPatchPackage, setPatches } from '@sluice/registry';
import type { BlobStore } from '@sluice/storage';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { receiveForm } from '../artifact/receive-form.ts';
import { PatchingView, PatchPackageForm, PatchQuery } from './schema.ts';

/** What taking a patch package needs. */
export interface PatchPackageDeps {
  db: Db;
  storage: BlobStore;
  now: () => Date;
}

/** conda-forge's has 8 MB. */
const mostBytes = 128 * 1024 * 1024;

/** `PUT …/patches`: a patch package sets the patches of all subdirs at once. Nothing of it is kept but the documents. */
export function registerPatchPackage(app: App, deps: PatchPackageDeps): void {
  // In a scope of its own, so that no other route takes forms.
  app.register(async (scope) => {
    await scope.register(multipart);
    for (const { noun, url, params } of CHANNEL_PLACES) {
      scope.withTypeProvider<ZodTypeProvider>().route({
        method: 'PUT',
        url: `${url}/patches`,
        onRequest: inChannel(deps.db, `${noun}:edit`),
        // The body is described but not read into memory, so there is nothing to validate.
        validatorCompiler: (route) => (route.httpPart === 'body' ? () => true : validatorCompiler(route as never)),
        schema: {
          operationId: `set_${noun}_patches_by_package`,
          tags: ['patch'],
          summary: `Replace all patches of a ${noun} by those of a patch package`,
          consumes: ['multipart/form-data'],
          params,
          querystring: PatchQuery,
          body: PatchPackageForm,
          response: { 200: PatchingView, ...problems(400, 401, 403, 404, 413, 415, 422) },
        },
        handler: async (request) => {
          const { receiving, fileName } = await receiveForm(request, deps.storage, mostBytes);
          try {
            await receiving.finish();
            const wishes = await readPatchPackage(receiving.path, fileName);
            const options = { dryRun: request.query.dry_run, alone: true };
            return await setPatches(deps, channelOf(request), wishes, signedIn(request.principal), options);
          } finally {
            await receiving.discard();
          }
        },
      });
    }
  });
}
