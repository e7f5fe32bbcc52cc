import type { BlobColumns } from '@sluice/storage';
import type { Validators } from './conditional.ts';

/** What a GET of a URL is answered with, by whoever may have it: decided, and not sent yet. */
export interface Answer extends Validators {
  contentType: string;
  cacheControl: string;
  /** Request headers that made the answer what it is. */
  vary: string | undefined;
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
