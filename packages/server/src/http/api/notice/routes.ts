import { type ChannelRow, type Db, listNotices } from '@sluice/catalog';
import { channelVerdict, type Principal } from '@sluice/identity';
import { createNotice, deleteNotice, editNotice, type NoticeWish } from '@sluice/registry';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { signedIn } from '../../authorize.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';
import { CreateNoticeBody, EditNoticeBody, NoticeView } from './schema.ts';
import { noticeView } from './view.ts';

/** What the routes of notices need. */
export interface NoticeDeps {
  db: Db;
  now: () => Date;
  newId: () => string;
}

/** The notices that a channel shows to its users' clients: list, create, change, publish, withdraw, delete. */
export function registerNotice(app: App, deps: NoticeDeps): void {
  for (const { noun, url, params } of CHANNEL_PLACES) {
    const edit = inChannel(deps.db, `${noun}:edit`);
    const NoticeParams = z.object({ ...params.shape, notice: z.uuid() });

    app.route({
      method: 'GET',
      url: `${url}/notices`,
      onRequest: inChannel(deps.db, `${noun}:view`),
      schema: {
        operationId: `list_${noun}_notices`,
        tags: ['notice'],
        summary: `The notices of a ${noun}, newest first; drafts and expired ones only for who may edit it`,
        params,
        querystring: Paging,
        response: { 200: pageOf(NoticeView), ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const channel = channelOf(request);
        const shownAt = mayEdit(request.principal, channel, noun) ? {} : { shownAt: deps.now() };
        const list = { channel_id: channel.id, ...shownAt, ...request.query };
        const { rows, total_count } = await listNotices(deps.db, list);
        return { items: rows.map(noticeView), total_count };
      },
    });

    app.route({
      method: 'POST',
      url: `${url}/notices`,
      onRequest: edit,
      schema: {
        operationId: `create_${noun}_notice`,
        tags: ['notice'],
        summary: `Add a notice to a ${noun}`,
        params,
        body: CreateNoticeBody,
        response: { 201: NoticeView, ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        const { expires_at, ...wish } = request.body;
        const notice = await createNotice(
          deps,
          channelOf(request),
          { ...wish, expires_at: expires_at === null ? null : new Date(expires_at) },
          signedIn(request.principal),
        );
        return reply.status(201).send(noticeView(notice));
      },
    });

    app.route({
      method: 'PUT',
      url: `${url}/notices/:notice`,
      onRequest: edit,
      schema: {
        operationId: `update_${noun}_notice`,
        tags: ['notice'],
        summary: 'Change, publish or withdraw a notice',
        params: NoticeParams,
        body: EditNoticeBody,
        response: { 200: NoticeView, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { expires_at, ...change } = request.body;
        const wish: Partial<NoticeWish> = {
          ...(change as Partial<NoticeWish>),
          ...(expires_at === undefined ? {} : { expires_at: expires_at === null ? null : new Date(expires_at) }),
        };
        const actor = signedIn(request.principal);
        return noticeView(await editNotice(deps, channelOf(request), request.params.notice, wish, actor));
      },
    });

    app.route({
      method: 'DELETE',
      url: `${url}/notices/:notice`,
      onRequest: edit,
      schema: {
        operationId: `delete_${noun}_notice`,
        tags: ['notice'],
        summary: 'Delete a notice',
        params: NoticeParams,
        response: { 204: z.undefined().describe('The notice is gone.'), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        await deleteNotice(deps, channelOf(request), request.params.notice, signedIn(request.principal));
        return reply.status(204).send();
      },
    });
  }
}

function mayEdit(principal: Principal, channel: ChannelRow, noun: 'channel' | 'subchannel'): boolean {
  return channelVerdict(principal, `${noun}:edit`, channel) === 'allowed';
}
