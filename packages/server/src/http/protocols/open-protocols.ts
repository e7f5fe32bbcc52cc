import { createHash } from 'node:crypto';
import {
  addDownloads,
  findChannel,
  findChannelById,
  headDocuments,
  listNotices,
  type NoticeRow,
} from '@sluice/catalog';
import { writeNotices } from '@sluice/formats/conda';
import { type FileAnswer, findFile, knownNoarch, ruledLayers } from '@sluice/publish';
import type { Rooms } from '../../compose.ts';
import type { PrincipalOf } from '../principal-of.ts';
import type { Protocol } from '../protocol.ts';
import { remembered } from '../remembered.ts';
import { condaDoor } from './conda/door.ts';
import { downloadCounter } from './download-counter.ts';

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

/** More than anybody reads; conda shows all of them at once. */
const noticesAtMost = 100;

/** Open the doors of the client protocols, with memories that `sluice_changed` flushes. */
export function openProtocols(rooms: Rooms, principalOf: PrincipalOf): Protocol[] {
  const { db, storage, now } = rooms;
  const channels = remembered((path: string) => findChannel(db, path), { now });
  const documents = remembered(
    async (channelId: number) => new Map((await headDocuments(db, channelId)).map((row) => [row.key, row])),
    { now, entries: 1000 },
  );
  const notices = remembered(
    async (channelId: number) => noticesDocument(await shownNotices(db, channelId, now()), now()),
    {
      now,
    },
  );
  // The rules of a channel are compiled once, not for every file. Found anew by its number: a row that a request still
  // holds may be older than what the memory was flushed for.
  const layers = remembered(
    async (channelId: number) => {
      const channel = await findChannelById(db, channelId);
      return channel ? ruledLayers(db, channel, (layer) => knownNoarch(rooms, layer)) : [];
    },
    { now, entries: 1000 },
  );
  const judged = remembered(
    async (key: string): Promise<FileAnswer> => {
      const [channelId, subdir, file] = JSON.parse(key) as [number, string, string];
      return findFile(rooms, { channelId, layers: await layers.get(channelId), subdir, file });
    },
    { now },
  );
  rooms.onChange(() => {
    for (const memory of [channels, documents, notices, layers, judged]) memory.forget();
  });
  const downloads = downloadCounter((counts) => addDownloads(db, counts), rooms.log);
  rooms.onClose(() => downloads.close());
  return [
    condaDoor({
      channels,
      principalOf,
      storage,
      documents,
      notices,
      judge: (channelId, subdir, file) => judged.get(JSON.stringify([channelId, subdir, file])),
      db,
      fetcher: rooms.fetcher,
      countDownload: downloads.count,
    }),
  ];
}

async function shownNotices(db: Rooms['db'], channelId: number, now: Date): Promise<NoticeRow[]> {
  const page = { channel_id: channelId, shownAt: now, limit: noticesAtMost, offset: 0 };
  return (await listNotices(db, page)).rows;
}

function noticesDocument(rows: readonly NoticeRow[], now: Date): { bytes: Buffer; etag: string } {
  const bytes = Buffer.from(
    writeNotices(
      rows.map((row) => ({
        id: row.id,
        message: row.message,
        level: row.level,
        createdAt: row.created_at.getTime(),
        // conda wants an end; one without is good for a year from today on, so that the document changes once a day.
        expiresAt: row.expires_at?.getTime() ?? Math.floor(now.getTime() / dayMs) * dayMs + yearMs,
      })),
    ),
  );
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
}
