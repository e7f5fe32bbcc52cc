import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { writeArchiveRds, writeCurrentRds, writePackagesRds } from '@sluice/formats/cran';
import { cranPart } from '@sluice/formats/package';
import { parseRef } from '@sluice/publish';
import { ServerError } from '../../../errors.ts';
import { unavailable } from '../../explain-error.ts';
import type { Answer } from '../answer.ts';
import { ofThePast, revalidated } from '../cache-control.ts';
import type { DocumentDeps } from '../conda/document-answer.ts';
import type { Documents } from '../conda/documents.ts';
import { packedDocument, plainDocument } from '../document-bytes.ts';
import { type Place, placeName } from '../place.ts';
import type { CranRequest, IndexFile } from './cran-path.ts';
import { type DeriveIndex, tagOf } from './derived-index.ts';

/** What answering with an index works with. */
export interface IndexDeps extends DocumentDeps {
  derive: DeriveIndex;
}

/**
 * Answer with an index of R packages: the stored one, or an empty one, since R asks for every kind of tree that it could
 * use and warns of those that are not there.
 *
 * @throws {ServerError} `unavailable` while one of the past is being made.
 */
export async function indexAnswer(
  deps: IndexDeps,
  place: Place,
  { tree, file }: Pick<CranRequest & { kind: 'index' }, 'tree' | 'file'>,
  request: IncomingMessage,
): Promise<Answer> {
  const { channel, at } = place;
  const part = cranPart(tree.path);
  if (at?.no === 0) return derivedAnswer(deps, place, at.ref, { part, file });
  const documents = await documentsOf(deps, place, part);
  const cacheControl = at ? ofThePast(channel, at.ref, deps.now()) : revalidated(channel);
  const contentType = contentTypes[file];
  const isText = file === 'PACKAGES';
  const row = documents.rows.get(`${part}/${isText ? 'PACKAGES.zst' : file}`);
  if (row && isText) {
    const vary = place.vary ? `Accept-Encoding, ${place.vary}` : 'Accept-Encoding';
    return { ...plainDocument(row, request), cacheControl, contentType, vary };
  }
  const head = { cacheControl, contentType, vary: place.vary };
  if (row) return { ...packedDocument(row), ...head };
  if (at && documents.missing.has(`${part}/PACKAGES.zst`)) {
    throw unavailable(`${file} of ${tree.path} in ${placeName(place)} is being made again. Try again soon.`);
  }
  if (tree.kind === 'linux') throw new ServerError('file_missing', `Channel ${placeName(place)} has no ${tree.path}.`);
  return { ...empty[file](), ...head };
}

/** Before the first publication: by when the files of the head came. */
async function derivedAnswer(
  deps: IndexDeps,
  { channel, vary }: Place,
  ref: string,
  { part, file }: { part: string; file: IndexFile },
): Promise<Answer> {
  const parsed = parseRef(ref);
  const instant = parsed.kind === 'before' ? parsed.instant : new Date(0);
  const index = await deps.derive(await deps.documents(channel.id, undefined), part, instant);
  const bytes = index[file];
  return {
    etag: tagOf(bytes),
    contentType: contentTypes[file],
    cacheControl: revalidated(channel),
    vary,
    headers: ['X-Sluice-Derived', 'upload-time'],
    body: { kind: 'bytes', bytes },
  };
}

/** R asks once and takes no for an answer, so the index of an old publication is waited for. */
const patienceMs = 10_000;
const pauseMs = 200;

async function documentsOf(deps: DocumentDeps, { channel, at }: Place, part: string): Promise<Documents> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const documents = await deps.documents(channel.id, at?.no);
    if (!at || !documents.missing.has(`${part}/PACKAGES.zst`) || performance.now() > until) return documents;
    await deps.makeDocuments(channel.id, at.no);
    await pause(pauseMs);
  }
}

const contentTypes: Record<IndexFile, string> = {
  PACKAGES: 'text/plain; charset=utf-8',
  'PACKAGES.gz': 'application/gzip',
  'PACKAGES.rds': 'application/octet-stream',
  'archive.rds': 'application/octet-stream',
  'current.rds': 'application/octet-stream',
};

type EmptyAnswer = Pick<Answer, 'etag' | 'body'>;

const empty: Record<IndexFile, () => EmptyAnswer> = {
  PACKAGES: once(() => Buffer.alloc(0)),
  'PACKAGES.gz': once(() => gzipSync('')),
  'PACKAGES.rds': once(() => gzipSync(writePackagesRds([]))),
  'archive.rds': once(() => gzipSync(writeArchiveRds([]))),
  'current.rds': once(() => gzipSync(writeCurrentRds([]))),
};

function once(write: () => Buffer): () => EmptyAnswer {
  let made: EmptyAnswer | undefined;
  return () => {
    if (made === undefined) {
      const bytes = write();
      made = { etag: tagOf(bytes), body: { kind: 'bytes', bytes } };
    }
    return made;
  };
}
