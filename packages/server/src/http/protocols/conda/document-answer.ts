import type { IncomingMessage } from 'node:http';
import { ServerError } from '../../../errors.ts';
import { unavailable } from '../../explain-error.ts';
import type { Answer } from '../answer.ts';
import { ofThePast, revalidated } from '../cache-control.ts';
import { packedDocument, plainDocument } from '../document-bytes.ts';
import { type Place, placeName } from '../place.ts';
import { type DocumentRequest, type Documents, hasEmptyDocument, isShardIndex, showsSubdir } from './documents.ts';
import { emptyBody } from './empty-document.ts';

/** What answering with an index file works with. */
export interface DocumentDeps {
  now: () => Date;
  /** The index files of a channel's head, or of an older publication. */
  documents: (channelId: number, no: number | undefined) => Promise<Documents>;
  /** Have the documents of an older publication made. Asking again while they are being made changes nothing. */
  makeDocuments: (channelId: number, no: number) => Promise<void>;
}

/**
 * Answer with an index file: the stored one; the plain text of it, sent packed to who takes that; or an empty one.
 *
 * @throws {ServerError} `file_missing`; `unavailable` while an old one is being made.
 */
export async function documentAnswer(
  deps: DocumentDeps,
  place: Place,
  { key, unpack }: DocumentRequest,
  request: IncomingMessage,
): Promise<Answer> {
  const { channel, at } = place;
  const documents = await deps.documents(channel.id, at?.no);
  const cacheControl = at ? ofThePast(channel, at.ref, deps.now()) : revalidated(channel);
  const contentType = contentTypeOf(key, unpack);
  const row = documents.rows.get(key);
  if (row) {
    if (!unpack) return { ...packedDocument(row), cacheControl, contentType, vary: place.vary };
    const vary = place.vary ? `Accept-Encoding, ${place.vary}` : 'Accept-Encoding';
    return { ...plainDocument(row, request), cacheControl, contentType, vary };
  }
  if (at && documents.missing.size > 0 && isMissing(documents, key)) {
    await deps.makeDocuments(channel.id, at.no);
    throw unavailable(`${key} of ${placeName(place)} is being made again; shards are there at once. Try again soon.`);
  }
  if (!hasEmptyDocument(key) || (!isShardIndex(key) && showsSubdir(documents, key))) {
    const name = unpack ? key.replace(/\.zst$/, '') : key;
    throw new ServerError('file_missing', `Channel ${placeName(place)} has no ${name}.`);
  }
  const { bytes, etag } = emptyBody(key, unpack);
  const body = { kind: 'bytes', bytes } as const;
  // Since when it is empty nobody knows: a date would tell who has an older, full one that nothing changed.
  return { etag, cacheControl, contentType, vary: place.vary, body };
}

/** All documents of a subdir come together, so one of them missing means all are. */
function isMissing({ missing }: Documents, key: string): boolean {
  const cut = key.indexOf('/');
  return !isShardIndex(key) && missing.has(cut < 0 ? key : `${key.slice(0, cut)}/repodata.json.zst`);
}

function contentTypeOf(key: string, unpack: boolean): string {
  if (isShardIndex(key)) return 'application/octet-stream';
  return unpack ? 'application/json' : 'application/zstd';
}
