import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pythonPart } from '@sluice/formats/package';
import { SIMPLE_API_VERSION } from '@sluice/formats/pypi';
import { unavailable } from '../../explain-error.ts';
import type { Answer } from '../answer.ts';
import { ofThePast, revalidated } from '../cache-control.ts';
import type { DocumentDeps } from '../conda/document-answer.ts';
import { plainDocument } from '../document-bytes.ts';
import { type Place, placeName } from '../place.ts';
import { listInHtml } from './list-in-html.ts';
import { varyOfPage, type WantedForm } from './simple-form.ts';

/** What answering with the list of projects works with. */
export type ListDeps = DocumentDeps;

/** The document that holds the list. */
const listKey = `${pythonPart}/simple.json.zst`;

const emptyList = Buffer.from(JSON.stringify({ meta: { 'api-version': SIMPLE_API_VERSION }, projects: [] }));

/**
 * Answer with the list of projects: the stored JSON, packed for who takes that, or HTML made of it while it is sent.
 *
 * @throws {ServerError} `unavailable` while one of the past is being made.
 */
export async function listAnswer(
  deps: ListDeps,
  place: Place,
  { form, contentType }: WantedForm,
  request: IncomingMessage,
): Promise<Answer> {
  const { channel, at } = place;
  const documents = await deps.documents(channel.id, at?.no);
  const cacheControl = at ? ofThePast(channel, at.ref, deps.now()) : revalidated(channel);
  const head = { contentType, cacheControl, vary: varyOfPage(place) };
  const row = documents.rows.get(listKey);
  if (row) {
    if (form === 'json') return { ...head, ...plainDocument(row, request) };
    const etag = `"${Buffer.from(row.sha256).toString('hex').slice(0, 32)}-html"`;
    return { ...head, etag, lastModified: row.created_at, body: { kind: 'unpacked', blob: row, rewrite: listInHtml } };
  }
  if (at && documents.missing.has(listKey)) {
    await deps.makeDocuments(channel.id, at.no);
    throw unavailable(
      `The list of ${placeName(place)} is being made again; projects are there at once. Try again soon.`,
    );
  }
  const bytes = form === 'json' ? emptyList : inHtml(emptyList);
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
  return { ...head, etag, body: { kind: 'bytes', bytes } };
}

function inHtml(json: Buffer): Buffer {
  const way = listInHtml.begin();
  return Buffer.concat([way.push(json), way.end()]);
}
