import type { BlobColumns } from '@sluice/storage';
import type { Validators } from './conditional.ts';

/** What is said of an answer, whatever its bytes are. */
export interface AnswerHead extends Validators {
  contentType: string;
  cacheControl: string;
  /** Request headers that made the answer what it is. */
  vary: string | undefined;
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
 *     unpacked  what is in a stored zstd file
 *
 * `small`: an index or a shard, kept in memory up to a larger size than a package is.
 */
export type AnswerBody =
  | { kind: 'bytes'; bytes: Buffer }
  | { kind: 'blob'; blob: BlobColumns; small?: boolean; encoded?: 'zstd' }
  | { kind: 'unpacked'; blob: BlobColumns };

/** The headers of a 304, and of every other answer too: name and value in turn. */
export function validatorHeaders({ cacheControl, etag, lastModified, vary }: AnswerHead): string[] {
  const headers = ['Cache-Control', cacheControl];
  if (etag !== undefined) headers.push('ETag', etag);
  if (lastModified !== undefined) headers.push('Last-Modified', lastModified.toUTCString());
  if (vary !== undefined) headers.push('Vary', vary);
  return headers;
}
