import { type Db, listConflicts } from '@sluice/catalog';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { CHANNEL_PLACES, channelOf, inChannel } from '../../channel-request.ts';
import { Paging, pageOf } from '../../paging.ts';
import { problems } from '../../problem-schema.ts';

const Side = z.object({ mirror_id: z.uuid(), mirror_name: z.string(), digest: z.string() });

const ConflictView = z
  .object({
    subdir: z.string(),
    file: z.string(),
    shown: Side.describe('The first mirror in order: its bytes are what clients get.'),
    hidden: Side.describe('Digests are sha256:…, or what both indexes say: md5:…, size:….'),
    seen_at: z.iso.datetime(),
  })
  .meta({ id: 'FileConflict' });

/** The files that two mirrors of a channel have with different bytes. */
export function registerConflict(app: App, { db }: { db: Db }): void {
  for (const { noun, url, params } of CHANNEL_PLACES) {
    app.route({
      method: 'GET',
      url: `${url}/conflicts`,
      onRequest: inChannel(db, `${noun}:view`),
      schema: {
        operationId: `list_${noun}_conflicts`,
        tags: ['channel'],
        summary: `The files that two mirrors of a ${noun} have with different bytes; the first mirror is shown`,
        params,
        querystring: Paging,
        response: { 200: pageOf(ConflictView), ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const { rows, total_count } = await listConflicts(db, channelOf(request).id, request.query);
        const items = rows.map(({ subdir, file, seen_at, ...row }) => ({
          subdir,
          file,
          shown: { mirror_id: row.shown_mirror_id, mirror_name: row.shown_mirror, digest: row.shown_digest },
          hidden: { mirror_id: row.hidden_mirror_id, mirror_name: row.hidden_mirror, digest: row.hidden_digest },
          seen_at: seen_at.toISOString(),
        }));
        return { items, total_count };
      },
    });
  }
}
