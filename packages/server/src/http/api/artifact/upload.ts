import multipart from '@fastify/multipart';
import type { Db } from '@sluice/catalog';
import { type AdmitDeps, admitUpload } from '@sluice/registry';
import type { BlobStore } from '@sluice/storage';
import type { FastifyRequest } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { receiveForm } from './receive-form.ts';
import { UploadForm, UploadView } from './schema.ts';
import { uploadView } from './view.ts';

/** What the upload needs. */
export interface UploadDeps extends AdmitDeps {
  db: Db;
  storage: BlobStore;
  config: { data: { max_upload_bytes: number } };
}

const [CHANNEL, SUBCHANNEL] = CHANNEL_PLACES;

/** Where files are uploaded to. Clients of this family leave out the word `subchannels`. */
const PLACES = [
  { ...CHANNEL, hide: false },
  { ...SUBCHANNEL, hide: false },
  { ...SUBCHANNEL, url: '/api/channels/:channel/:subchannel', hide: true },
] as const;

/** What a form around the largest file may weigh. */
const FORM_BYTES = 64 * 1024;

/** `POST …/artifacts`: upload a package file. */
export function registerUpload(app: App, deps: UploadDeps): void {
  // In a scope of its own, so that no other route takes forms.
  app.register(async (scope) => {
    await scope.register(multipart);
    for (const { noun, url, params, hide } of PLACES) {
      scope.withTypeProvider<ZodTypeProvider>().route({
        method: 'POST',
        url: `${url}/artifacts`,
        onRequest: inChannel(deps.db, 'artifact:create'),
        // The body is described but not read into memory, so there is nothing to validate.
        validatorCompiler: (route) => (route.httpPart === 'body' ? () => true : validatorCompiler(route as never)),
        schema: {
          operationId: `create_${noun}_artifact`,
          tags: ['artifact'],
          summary: `Upload a package file to a ${noun}; 200 when these very bytes are there already`,
          consumes: ['multipart/form-data'],
          hide,
          params,
          body: UploadForm,
          response: { 200: UploadView, 201: UploadView, ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
        },
        handler: async (request, reply) => {
          const result = await upload(deps, request);
          return reply.status(result.status === 'created' ? 201 : 200).send(uploadView(result, channelOf(request)));
        },
      });
    }
  });
}

async function upload(deps: UploadDeps, request: FastifyRequest) {
  const channel = channelOf(request);
  const actor = signedIn(request.principal).name;
  const maxBytes = deps.config.data.max_upload_bytes;
  refuseTooLarge(request, maxBytes);
  const { name: group, ...form } = await receiveForm(request, deps.storage, maxBytes);
  return admitUpload(deps, { channel, ...form, group, actor });
}

/** Refuse before the first byte what says itself that it is too large. */
function refuseTooLarge(request: FastifyRequest, maxBytes: number): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced <= maxBytes + FORM_BYTES) return;
  throw new ServerError(
    'upload_too_large',
    `The file is larger than the ${maxBytes} bytes allowed (SLUICE_MAX_UPLOAD).`,
    {
      wanted: `at most ${maxBytes} bytes`,
      found: `${announced} bytes with its form`,
    },
  );
}
