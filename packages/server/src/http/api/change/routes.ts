import type { ChannelRow } from '@sluice/catalog';
import type { PackageFamily } from '@sluice/formats/package';
import { normaliseProjectName } from '@sluice/formats/pypi';
import { channelVerdict, type Principal } from '@sluice/identity';
import { channelChanges, fileHistory, type PublishDeps } from '@sluice/publish';
import { z } from 'zod';
import { ServerError } from '../../../errors.ts';
import type { App } from '../../app.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { problems } from '../../problem-schema.ts';
import { families, fileUrls, placeOfFile } from '../artifact/family.ts';
import { FileParams } from '../artifact/schema.ts';
import { cursorText } from './cursor.ts';
import { ChangesQuery, ChangesView, FileHistoryView } from './schema.ts';
import { changeView, fileHistoryView } from './view.ts';

/** What the routes of changes need. */
export type ChangeRouteDeps = Pick<PublishDeps, 'db' | 'storage'>;

type Place = (typeof CHANNEL_PLACES)[number];

/** What came, went and changed in a channel, and all that is known of one file. @see product.md CH-10 */
export function registerChange(app: App, deps: ChangeRouteDeps): void {
  for (const place of CHANNEL_PLACES) {
    registerChanges(app, deps, place);
    for (const family of families) registerFileHistory(app, deps, place, family);
  }
}

function registerChanges(app: App, deps: ChangeRouteDeps, { noun, url, params }: Place): void {
  app.route({
    method: 'GET',
    url: `${url}/changes`,
    onRequest: inChannel(deps.db, `${noun}:view`),
    schema: {
      operationId: `list_${noun}_changes`,
      tags: ['history'],
      summary: `Every addition, removal and change of a file in a ${noun} with its cause, the newest first`,
      params,
      querystring: ChangesQuery,
      response: { 200: ChangesView, ...problems(400, 401, 403, 404) },
    },
    handler: async (request) => {
      const channel = channelOf(request);
      const seesActors = maySeeActors(request.principal, channel, noun);
      const { items, next } = await channelChanges(deps, { ...request.query, channelId: channel.id });
      return { items: items.map((item) => changeView(item, seesActors)), next: next ? cursorText(next) : null };
    },
  });
}

function registerFileHistory(
  app: App,
  deps: ChangeRouteDeps,
  { noun, url, params }: Place,
  family: PackageFamily,
): void {
  app.route({
    method: 'GET',
    url: `${url}/artifacts/${family}/:name/files/${fileUrls[family]}/history`,
    onRequest: inChannel(deps.db, 'artifact:view'),
    schema: {
      operationId: `get_${family === 'conda' ? noun : `${noun}_${family}`}_artifact_file_history`,
      tags: ['history'],
      summary:
        'All that is known of one file: when and how its versions came and went, and which publications show them',
      params: z.object({ ...params.shape, ...FileParams[family] }),
      response: { 200: FileHistoryView, ...problems(401, 403, 404) },
    },
    handler: async (request) => {
      const channel = channelOf(request);
      const given = request.params as { name: string; file: string; subdir?: string; tree?: string };
      const name = family === 'python' ? normaliseProjectName(given.name) : given.name;
      const { subdir, file } = placeOfFile(family, name, given);
      const history = await fileHistory(deps, channel.id, { subdir, file });
      if (history.versions.length === 0) {
        throw new ServerError('not_found', `${channel.path} never knew a file ${subdir}/${file}.`, { found: file });
      }
      return fileHistoryView({ part: subdir, file }, history, maySeeActors(request.principal, channel, noun));
    },
  });
}

function maySeeActors(principal: Principal, channel: ChannelRow, noun: Place['noun']): boolean {
  return channelVerdict(principal, `${noun}:history`, channel) === 'allowed';
}
