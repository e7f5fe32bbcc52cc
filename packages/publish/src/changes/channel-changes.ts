import {
  type ChangedEntry,
  type ChangePlace,
  changedEntries,
  fileVersions,
  type PublicationMaking,
  publicationMakings,
} from '@sluice/catalog';
import { type DifferentFile, differentFiles, type FileChange } from '../compare.ts';
import type { PublishDeps } from '../deps.ts';
import { type ChangeCause, causeOf } from './cause-of.ts';

/** A file that a publication shows otherwise than the one before it, and what made that so. */
export interface ChannelChange extends Pick<DifferentFile, 'subdir' | 'name' | 'file' | 'change'> {
  publication: Pick<PublicationMaking, 'no' | 'created_at'>;
  cause: ChangeCause;
}

/** Where a page ended: the next one goes on behind this file. */
export interface ChangeCursor {
  no: number;
  key: string;
  file: string;
}

export interface ChangesWish {
  channelId: number;
  cursor?: ChangeCursor | undefined;
  since?: Date | undefined;
  part?: string | undefined;
  name?: string | undefined;
  change?: FileChange | undefined;
  limit: number;
}

/** Shards asked for at once, and looked at for one page at most: a page of rare changes may be short, and still not the last. */
const portion = 64;
const mostShards = 1024;
/** Shards read at once. */
const atOnce = 8;

/**
 * Every addition, removal and change of a file in a channel, the newest publication first, with what caused it. Asks for
 * publications and record versions once a page, whatever the size of the channel.
 *
 * @returns `next` is undefined behind the last page.
 * @see product.md CH-10
 */
export async function channelChanges(
  deps: Pick<PublishDeps, 'db' | 'storage'>,
  wish: ChangesWish,
): Promise<{ items: ChannelChange[]; next: ChangeCursor | undefined }> {
  const { cursor, limit, change, channelId } = wish;
  const files: Found[] = [];
  let place: ChangePlace | undefined = cursor && { no: cursor.no, key: cursor.key, again: true };
  let next: ChangeCursor | undefined;
  for (let looked = 0; looked < mostShards && files.length <= limit; looked += portion) {
    const { entries, last } = await changedEntries(deps.db, channelId, { ...wish, after: place, limit: portion });
    for (let at = 0; at < entries.length && files.length <= limit; at += atOnce) {
      const some = entries.slice(at, at + atOnce);
      const differences = await Promise.all(some.map((entry) => differentFiles(deps, entry)));
      some.forEach((entry, i) => {
        const isCursor = cursor && entry.turned === cursor.no && entry.key === cursor.key;
        for (const file of differences[i]!) {
          if (isCursor && file.file <= cursor.file) continue;
          if (change === undefined || file.change === change) files.push({ entry, file });
        }
      });
    }
    place = last;
    next = last && { ...last, file: behindAll };
    if (!last) break;
  }
  const page = files.slice(0, limit);
  const end = files.length > limit ? page.at(-1) : undefined;
  return {
    items: await withCauses(deps, channelId, page),
    next: end ? { no: end.entry.turned, key: end.entry.key, file: end.file.file } : next,
  };
}

/** Behind every file name. */
const behindAll = '\u{10ffff}';

interface Found {
  entry: ChangedEntry;
  file: DifferentFile;
}

async function withCauses(
  { db }: Pick<PublishDeps, 'db'>,
  channelId: number,
  found: readonly Found[],
): Promise<ChannelChange[]> {
  const numbers = new Set(found.flatMap(({ entry: { no, before } }) => [no, before]));
  const makings = new Map((await publicationMakings(db, channelId, [...numbers])).map((one) => [one.no, one]));
  const sources = new Set([...makings.values()].flatMap(({ inputs }) => inputs.map(({ source_id }) => source_id)));
  const versions = await fileVersions(
    db,
    channelId,
    [...sources],
    found.map(({ file }) => file),
  );
  const ofFile = Map.groupBy(versions, ({ subdir, file }) => `${subdir}/${file}`);
  return found.flatMap(({ entry, file: { subdir, name, file, change } }) => {
    const now = makings.get(entry.no);
    // Dropped by a collection in this moment.
    if (!now) return [];
    const { no, created_at } = now;
    const cause = causeOf(change, ofFile.get(`${subdir}/${file}`) ?? [], { before: makings.get(entry.before), now });
    return [{ publication: { no, created_at }, subdir, name, file, change, cause }];
  });
}
