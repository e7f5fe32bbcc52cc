import { createHash } from 'node:crypto';
import { type BlobRef, type BlobStore, StorageError } from '@sluice/storage';

/**
 * A small blob, whole, that is to be remembered under its digest. Other bytes would stay in memory for as long as somebody asks
 * for them, also after those in the store were mended.
 *
 * @throws {StorageError} `blob_corrupt` for bytes that are not those of the digest; what reading throws.
 */
export async function readSound(storage: Pick<BlobStore, 'read'>, ref: BlobRef): Promise<Uint8Array> {
  const bytes = await storage.read(ref);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === ref.sha256) return bytes;
  throw new StorageError('blob_corrupt', `The bytes of the blob ${ref.sha256} are others than they were.`, {
    wanted: ref.sha256,
    found,
  });
}
