import { createHash } from 'node:crypto';
import {
  addDownloads,
  type ChannelRow,
  findChannel,
  headDocuments,
  listNotices,
  type NoticeRow,
} from '@sluice/catalog';
import { writeNotices } from '@sluice/formats/conda';
import { findFile } from '@sluice/publish';
import type { Rooms } from '../../compose.ts';
import type { PrincipalOf } from '../principal-of.ts';
import type { Protocol } from '../protocol.ts';
import { remembered } from '../remembered.ts';
import { condaDoor } from './conda/door.ts';
import { downloadCounter } from './download-counter.ts';

const yearMs = 365 * 86_400_000;

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
  const judged = remembered((key: string) => judge(rooms, key), { now });
  rooms.onChange(() => {
    for (const memory of [channels, documents, notices, judged]) memory.forget();
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
      async judge(channel, subdir, file) {
        const answer = await judged.get(JSON.stringify([channel.path, subdir, file]));
        // The one thing that comes without an announcement: bytes that have arrived since.
        return answer.status === 'served' && !answer.blob ? findFile(rooms, channel, subdir, file) : answer;
      },
      db,
      fetcher: rooms.fetcher,
      countDownload: downloads.count,
    }),
  ];
}

async function judge(rooms: Rooms, key: string) {
  const [path, subdir, file] = JSON.parse(key) as [string, string, string];
  const channel: ChannelRow | undefined = await findChannel(rooms.db, path);
  return channel ? findFile(rooms, channel, subdir, file) : { status: 'absent' as const };
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
        // conda wants an end; one without is good for a year from now on, asked anew each time.
        expiresAt: (row.expires_at ?? new Date(now.getTime() + yearMs)).getTime(),
      })),
    ),
  );
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
}
