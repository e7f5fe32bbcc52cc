import { createHash } from 'node:crypto';
import {
  addDownloads,
  documentsAt,
  enqueueOldMonolith,
  findChannel,
  findChannelById,
  headDocuments,
  listNotices,
  type NoticeRow,
} from '@sluice/catalog';
import { writeNotices } from '@sluice/formats/conda';
import { type FileAnswer, findFile, knownNoarch, resolveRef, ruledLayers } from '@sluice/publish';
import type { Rooms } from '../../compose.ts';
import { createHotAnswers, type HotAnswers } from '../hot-answers.ts';
import type { Metrics } from '../metrics.ts';
import type { PrincipalOf } from '../principal-of.ts';
import type { Protocol } from '../protocol.ts';
import { remembered } from '../remembered.ts';
import { requestContext } from '../request-context.ts';
import { accelPath } from './accel.ts';
import { createBodyMemory } from './body-memory.ts';
import type { Documents } from './conda/documents.ts';
import { condaDoor } from './conda/door.ts';
import { listedShard } from './conda/shard-answer.ts';
import { downloadCounter } from './download-counter.ts';
import { createUnpacking } from './unpacking.ts';

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

/** More than anybody reads; conda shows all of them at once. */
const noticesAtMost = 100;

/** Small bodies kept in memory: the indexes of all subdirs of a large channel and the shards that are asked for. */
const bodyMemoryBytes = 64 * 1024 * 1024;

/** Whether to make old documents is not asked more often: clients that wait for them try again all the time. */
const makeAgainMs = 5_000;

/** The doors of the client protocols, and what answers before them. */
export interface OpenProtocols {
  protocols: Protocol[];
  hot: HotAnswers;
}

/** Open the doors of the client protocols, with memories that `sluice_changed` flushes. */
export function openProtocols(rooms: Rooms, principalOf: PrincipalOf, metrics: Metrics): OpenProtocols {
  const { db, storage, now } = rooms;
  const channels = remembered((path: string) => findChannel(db, path), { now });
  const documents = remembered(
    async ([channelId, no]: [channelId: number, no: number | undefined]): Promise<Documents> => {
      const { rows, missing } =
        no === undefined
          ? { rows: await headDocuments(db, channelId), missing: [] }
          : await documentsAt(db, channelId, no);
      return { rows: new Map(rows.map((row) => [row.key, row])), missing: new Set(missing) };
    },
    { now, entries: 1000 },
  );
  const refs = remembered(([channelId, ref]: [channelId: number, ref: string]) => resolveRef(db, channelId, ref), {
    now,
    entries: 10_000,
  });
  const asked = remembered(
    ([channelId, no]: [channelId: number, no: number]) => enqueueOldMonolith(db, channelId, no),
    { now, max_age_ms: makeAgainMs, entries: 1000 },
  );
  // Not flushed by changes: what a digest names stays the same, and bytes stay for a while after the last publication with
  // them. That a shard is not there is never remembered.
  const shards = remembered(([channelId, key]: [channelId: number, key: string]) => listedShard(db, channelId, key), {
    now,
  });
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
    async ([channelId, at, subdir, file]: [
      channelId: number,
      at: number | undefined,
      subdir: string,
      file: string,
    ]): Promise<FileAnswer> => {
      return findFile(rooms, {
        channelId,
        layers: await layers.get(channelId),
        subdir,
        file,
        ...(at === undefined ? {} : { at }),
      });
    },
    { now },
  );
  const downloads = downloadCounter((counts) => addDownloads(db, counts), rooms.log);
  rooms.onClose(() => downloads.close());
  const hot = createHotAnswers({ now, metrics, lastUsed: rooms.lastUsed, countDownload: downloads.count });
  rooms.onChange(() => {
    for (const memory of [channels, documents, refs, notices, layers, judged, hot]) memory.forget();
  });
  const door = condaDoor({
    now,
    channels,
    principalOf,
    storage,
    memory: createBodyMemory(bodyMemoryBytes),
    unpacking: createUnpacking(),
    accelPath: accelPath(rooms.config.listen, storage),
    onReady: (request, ready) => {
      const { hotKey, principal } = requestContext(request);
      if (hotKey && principal) hot.keep(hotKey, principal, ready);
    },
    documents: (channelId, no) => documents.get([channelId, no]),
    makeDocuments: (channelId, no) => asked.get([channelId, no]),
    resolveRef: (channelId, ref) => refs.get([channelId, ref]),
    findShard: (channelId, key) => shards.get([channelId, key]),
    notices,
    judge: (channelId, no, subdir, file) => judged.get([channelId, no, subdir, file]),
    db,
    fetcher: rooms.fetcher,
    countDownload: downloads.count,
  });
  return { protocols: [door], hot };
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
