import { normaliseProjectName } from '@sluice/formats/pypi';
import { type ChannelDeps, yankFile } from '@sluice/registry';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { FileParams, YankBody } from './schema.ts';

/** `PUT` and `DELETE …/artifacts/python/<name>/files/<file>/yank`. @see PEP 592 */
export function registerYank(app: App, deps: ChannelDeps): void {
  for (const { noun, url, params } of CHANNEL_PLACES) {
    const place = `${url}/artifacts/python/:name/files/:file/yank`;
    const onRequest = inChannel(deps.db, 'artifact:edit');
    const file = z.object({ ...params.shape, ...FileParams.python });

    app.route({
      method: 'PUT',
      url: place,
      onRequest,
      schema: {
        operationId: `yank_${noun}_artifact_file`,
        tags: ['artifact'],
        summary:
          'Have installers pass over a Python file that was uploaded here, unless its version is asked for exactly',
        params: file,
        body: YankBody,
        response: { 204: z.undefined().describe('It is yanked.'), ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { name, file: fileName } = request.params;
        const wish = { project: normaliseProjectName(name), fileName, yanked: request.body.reason || true };
        await yankFile(deps, channelOf(request), wish, signedIn(request.principal));
        return reply.status(204).send();
      },
    });

    app.route({
      method: 'DELETE',
      url: place,
      onRequest,
      schema: {
        operationId: `unyank_${noun}_artifact_file`,
        tags: ['artifact'],
        summary: 'Have installers choose a Python file again that was yanked',
        params: file,
        response: { 204: z.undefined().describe('It is not yanked any more.'), ...problems(401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { name, file: fileName } = request.params;
        const wish = { project: normaliseProjectName(name), fileName, yanked: false };
        await yankFile(deps, channelOf(request), wish, signedIn(request.principal));
        return reply.status(204).send();
      },
    });
  }
}
