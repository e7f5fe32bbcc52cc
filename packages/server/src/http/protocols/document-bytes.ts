import type { IncomingMessage } from 'node:http';
import type { DocumentRow } from '@sluice/catalog';
import { acceptsZstd } from './accept-encoding.ts';
import type { Answer } from './answer.ts';

/** The bytes of a stored index file, and by what caches know them. */
export type DocumentBytes = Pick<Answer, 'etag' | 'lastModified' | 'body'>;

/** A stored file as it is. */
export function packedDocument(row: DocumentRow): DocumentBytes {
  return { etag: tag(row), lastModified: row.created_at, body: { kind: 'blob', blob: row, small: true } };
}

/**
 * What is in a stored zstd file, packed for who accepts that. Every form is made of the one stored file, so all of a number
 * agree; each has a tag of its own, being other bytes.
 */
export function plainDocument(row: DocumentRow, request: IncomingMessage): DocumentBytes {
  const lastModified = row.created_at;
  return acceptsZstd(request.headers['accept-encoding'] as string | undefined)
    ? { etag: tag(row, '-zstd'), lastModified, body: { kind: 'blob', blob: row, small: true, encoded: 'zstd' } }
    : { etag: tag(row, '-plain'), lastModified, body: { kind: 'unpacked', blob: row } };
}

function tag(row: DocumentRow, form = ''): string {
  return `"${Buffer.from(row.sha256).toString('hex').slice(0, 32)}${form}"`;
}
