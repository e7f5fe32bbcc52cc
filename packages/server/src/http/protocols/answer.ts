import type { BlobColumns } from '@sluice/storage';
import type { Validators } from './conditional.ts';

/** What is said of an answer, whatever its bytes are. */
export interface AnswerHead extends Validators {
  contentType: string;
  cacheControl: string;
  /** Request headers that made the answer what it is. */
  vary: string | undefined;
  /** Further headers: name and value in turn. */
  headers?: readonly string[];
}

/** What a GET of a URL is answered with, by whoever may have it: decided, and not sent yet. */
export interface Answer extends AnswerHead {
  body: AnswerBody;
  /** The channel among whose downloads a GET counts. */
  downloadOf?: number;
}

/**
 * Where the bytes of an answer come from:
 *
 *     bytes     here
 *     blob      stored, sent as they are; `encoded` when the client is to unpack them before it looks at them
 *     unpacked  what is in a stored zstd file, said otherwise where there is a `rewrite`
 *     made      made by need and remembered under `key`, which says what its bytes are
 *
 * `small`: an index or a shard, kept in memory up to a larger size than a package is.
 */
export type AnswerBody =
  | { kind: 'bytes'; bytes: Buffer }
  | { kind: 'blob'; blob: BlobColumns; small?: boolean; encoded?: 'zstd' }
  | { kind: 'unpacked'; blob: BlobColumns; rewrite?: Rewrite }
  | { kind: 'made'; key: string; make: () => Promise<Uint8Array>; encoded?: ContentCoding };

/** A content coding that every client of ours knows by one of its names. */
export type ContentCoding = 'zstd' | 'gzip';

/** Says a document in another form while it goes by, in memory that does not grow with it. */
export interface Rewrite {
  /** Tells it from other forms of the same document. */
  form: string;
  begin: () => {
    /** What is said of a piece, in memory that nothing else lies in: it is given back when that is sent. */
    push(chunk: Uint8Array): Uint8Array;
    end(): Uint8Array;
  };
}

/** The headers of a 304, and of every other answer too: name and value in turn. */
export function validatorHeaders({ cacheControl, etag, lastModified, vary, headers: more = [] }: AnswerHead): string[] {
  const headers = ['Cache-Control', cacheControl, ...more];
  if (etag !== undefined) headers.push('ETag', etag);
  if (lastModified !== undefined) headers.push('Last-Modified', lastModified.toUTCString());
  if (vary !== undefined) headers.push('Vary', vary);
  return headers;
}
