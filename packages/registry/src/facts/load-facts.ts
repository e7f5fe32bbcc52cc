import { type Db, findFacts, type Part } from '@sluice/catalog';
import { decodeColumns, type Facts } from '@sluice/policy';
import type { BlobStore } from '@sluice/storage';
import { blobRef } from './blob-ref.ts';
import { decompress } from './columns-blob.ts';

/**
 * The facts columns of one part of an upstream as they were at `revision`; undefined before its first admission.
 *
 * Exact, because every admission of an index writes the columns of the revision it makes.
 */
export async function loadFacts(
  deps: { db: Db; storage: BlobStore },
  part: Part,
  revision: number,
): Promise<Facts | undefined> {
  const found = await findFacts(deps.db, part, revision);
  return found && decodeColumns(await decompress(await deps.storage.read(blobRef(found))));
}
