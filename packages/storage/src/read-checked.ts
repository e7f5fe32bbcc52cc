import { createHash } from 'node:crypto';
import type { BlobRef, BlobStore } from './blob-store.ts';
import { StorageError } from './errors.ts';

/**
 * A small blob, whole and as it was stored: what is made of its bytes, or remembered under its digest, would hold damage for longer
 * than the store does.
 *
 * @throws {StorageError} `blob_corrupt` for bytes that are not those of the digest; what reading throws.
 */
export async function readChecked(store: Pick<BlobStore, 'read'>, ref: BlobRef): Promise<Uint8Array> {
  const bytes = await store.read(ref);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === ref.sha256) return bytes;
  throw new StorageError('blob_corrupt', `The bytes of the blob ${ref.sha256} are others than they were.`, {
    wanted: ref.sha256,
    found,
  });
}
