import { type ChannelRow, channelLayers, type Db, headsBelow, reservedPatterns } from '@sluice/catalog';
import type { BrokenDependency, PackageType } from '@sluice/policy';
import { brokenByFilters, channelClosure } from '@sluice/publish';
import { checkChannelFilters, type NeededDeps } from '@sluice/registry';
import type { App } from '../../app.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { Paging } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { closureDeps } from './closure-deps.ts';
import { onceAWhile } from './once-a-while.ts';
import { ClosureBody, ClosureQuery, ClosureView } from './schema.ts';

/** Whether a channel has all that its packages depend on, as it is, and as it would be under other filters. */
export function registerClosure(app: App, rooms: NeededDeps): void {
  const deps = closureDeps(rooms);
  const once = onceAWhile<BrokenDependency[]>(rooms.now);
  for (const { noun, url, params } of CHANNEL_PLACES) {
    app.route({
      method: 'GET',
      url: `${url}/closure`,
      onRequest: inChannel(deps.db, `${noun}:edit`),
      schema: {
        operationId: `check_${noun}_closure`,
        tags: ['channel'],
        summary: `The packages of a ${noun} that depend on what it does not have, and why not`,
        params,
        querystring: ClosureQuery,
        response: { 200: ClosureView, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const channel = channelOf(request);
        const { by, ...page } = request.query;
        const key = `${await stateOf(deps.db, channel)} ${by}`;
        return view(await once(key, () => channelClosure(deps, channel, by, rest)), page);
      },
    });

    app.route({
      method: 'POST',
      url: `${url}/closure`,
      onRequest: inChannel(deps.db, `${noun}:edit`),
      schema: {
        operationId: `try_${noun}_filters`,
        tags: ['channel'],
        summary: `The packages that would depend on what the ${noun} no longer had, with filters that are not saved`,
        params,
        querystring: Paging,
        body: ClosureBody,
        response: { 200: ClosureView, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const channel = channelOf(request);
        const filters = checkChannelFilters(request.body.filters, channel.types as PackageType[]);
        const key = `${await stateOf(deps.db, channel)} ${JSON.stringify(filters)}`;
        return view(await once(key, () => brokenByFilters(deps, channel, filters, rest)), request.query);
      },
    });
  }
}

/** All that decides over what comes of it: while that is the same, so is the answer. */
async function stateOf(db: Db, { id, types, filters, name_priority, patch_rev }: ChannelRow): Promise<string> {
  const state = [types, filters, name_priority, patch_rev];
  return JSON.stringify([id, state, await channelLayers(db, id), await headsBelow(db, id), await reservedPatterns(db)]);
}

/** Other requests come in between. */
const rest = () => new Promise<void>((resolve) => setImmediate(resolve));

function view(broken: readonly BrokenDependency[], { limit, offset }: { limit: number; offset: number }) {
  return {
    is_closed: broken.length === 0,
    packages: new Set(broken.map(({ subdir, package: name }) => `${subdir}/${name}`)).size,
    items: broken.slice(offset, offset + limit),
    total_count: broken.length,
  };
}
