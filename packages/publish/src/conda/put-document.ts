import type { BlobRow } from '@sluice/catalog';
import { type BlobStore, putCompressed } from '@sluice/storage';

/** Up to so many bytes the best of the usual levels is a matter of milliseconds; above, speed counts. */
const thoroughUpTo = 256 * 1024;

/** The zstd level for a document of so many bytes. */
export function documentLevel(bytes: number): number {
  return bytes <= thoroughUpTo ? 16 : 3;
}

/** Store a document of moderate size, packed. */
export function putDocument(storage: BlobStore, text: string | readonly Uint8Array[]): Promise<BlobRow> {
  const chunks = typeof text === 'string' ? [Buffer.from(text)] : text;
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  return putCompressed(storage, { chunks, bytes }, documentLevel(bytes));
}
