import {
  documentsAt,
  enqueueOldMonolith,
  type FoundEntry,
  findChannel,
  findChannelById,
  findEntry,
  headDocuments,
  newestFilesBetween,
} from '@sluice/catalog';
import { fileRange, packageTypeOf } from '@sluice/formats/package';
import { findFile, knownNeeded, resolveRef, ruledLayers } from '@sluice/publish';
import type { Rooms } from '../../compose.ts';
import { remembered } from '../remembered.ts';
import type { Documents } from './conda/documents.ts';
import { noticesDocument } from './conda/notices-document.ts';
import { listedShard } from './conda/shard-answer.ts';
import type { SendFileDeps } from './send-file.ts';

/** Whether to make old documents is not asked more often: clients that wait for them try again all the time. */
const makeAgainMs = 5_000;

/** Files of a layer that are looked at to say why nothing of a name is shown. */
const knownAtMost = 10;

/** What the doors of all protocols remember of the database, in their words; `forget` drops what changes can touch. */
export function openMemories(rooms: Rooms) {
  const { db, now } = rooms;
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
  const entries = remembered(
    ([channelId, no, key]: [channelId: number, no: number | undefined, key: string]): Promise<FoundEntry | undefined> =>
      findEntry(db, channelId, 'shard', key, no),
    { now },
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
  const notices = remembered((channelId: number) => noticesDocument(db, channelId, now()), { now });
  // The rules of a channel are compiled once, not for every file. Found anew by its number: a row that a request still
  // holds may be older than what the memory was flushed for.
  const layers = remembered(
    async (channelId: number) => {
      const channel = await findChannelById(db, channelId);
      return channel ? ruledLayers(db, channel, (layer) => knownNeeded(rooms, layer)) : [];
    },
    { now, entries: 1000 },
  );
  const judged = remembered(
    async ([channelId, at, subdir, file]: Parameters<SendFileDeps['judge']>) =>
      findFile(rooms, {
        channelId,
        layers: await layers.get(channelId),
        subdir,
        file,
        ...(at === undefined ? {} : { at }),
      }),
    { now },
  );
  const known = remembered(
    async ([channelId, part, name]: [channelId: number, part: string, name: string]) => {
      const range = fileRange(packageTypeOf(part), name);
      const found = await Promise.all(
        (await layers.get(channelId)).map(({ source_id, revision }) =>
          newestFilesBetween(db, { source_id, subdir: part }, range, { revision, limit: knownAtMost }),
        ),
      );
      return [...new Set(found.flat())];
    },
    { now, entries: 1000 },
  );
  return {
    channels,
    notices,
    /** The index files of a channel's head, or of an older publication. */
    documents: (channelId: number, no: number | undefined) => documents.get([channelId, no]),
    /** What the head or an older publication lists under the key of a name, `<part>/<name>`. */
    entry: (channelId: number, no: number | undefined, key: string) => entries.get([channelId, no, key]),
    makeDocuments: (channelId: number, no: number) => asked.get([channelId, no]),
    resolveRef: (channelId: number, ref: string) => refs.get([channelId, ref]),
    findShard: (channelId: number, key: string) => shards.get([channelId, key]),
    layers: (channelId: number) => layers.get(channelId),
    judge: (...wanted: Parameters<SendFileDeps['judge']>) => judged.get(wanted),
    /** Keys of files that the layers have or had under a name, some of the newest of each. */
    knownFiles: (channelId: number, part: string, name: string) => known.get([channelId, part, name]),
    forget: () => {
      for (const memory of [channels, documents, entries, refs, notices, layers, judged, known]) memory.forget();
    },
  };
}
