import type { IncomingMessage } from 'node:http';
import type { DocumentRow } from '@sluice/catalog';
import { ServerError } from '../../../errors.ts';
import { unavailable } from '../../explain-error.ts';
import { acceptsZstd } from '../accept-encoding.ts';
import type { Answer } from '../answer.ts';
import { ofThePast, revalidated } from '../cache-control.ts';
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
    if (!unpack) return { ...packed(row), cacheControl, contentType, vary: place.vary };
    const vary = place.vary ? `Accept-Encoding, ${place.vary}` : 'Accept-Encoding';
    return { ...plain(row, request), cacheControl, contentType, vary };
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

type Bytes = Pick<Answer, 'etag' | 'lastModified' | 'body'>;

function packed(row: DocumentRow): Bytes {
  return { etag: tag(row), lastModified: row.created_at, body: { kind: 'blob', blob: row, small: true } };
}

/** Every form is made of the one stored file, so all of a number agree; each has a tag of its own, being other bytes. */
function plain(row: DocumentRow, request: IncomingMessage): Bytes {
  const lastModified = row.created_at;
  return acceptsZstd(request.headers['accept-encoding'] as string | undefined)
    ? { etag: tag(row, '-zstd'), lastModified, body: { kind: 'blob', blob: row, small: true, encoded: 'zstd' } }
    : { etag: tag(row, '-plain'), lastModified, body: { kind: 'unpacked', blob: row } };
}

function tag(row: DocumentRow, form = ''): string {
  return `"${Buffer.from(row.sha256).toString('hex').slice(0, 32)}${form}"`;
}

function contentTypeOf(key: string, unpack: boolean): string {
  if (isShardIndex(key)) return 'application/octet-stream';
  return unpack ? 'application/json' : 'application/zstd';
}
