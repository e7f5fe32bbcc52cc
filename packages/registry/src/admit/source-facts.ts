import { type Db, findFacts, insertBlobs, insertFacts, type Part } from '@sluice/catalog';
import { encodeColumns, type Facts, sharedFacts } from '@sluice/policy';
import { type BlobStore, blobRef, putCompressed, readCompressed } from '@sluice/storage';

/** Quick: columns are read as often as they are written. */
const level = 1;

/**
 * The facts columns of one part of an upstream as they were at `revision`; undefined before its first admission.
 *
 * Exact, because every admission of an index writes the columns of the revision it makes.
 */
export async function sourceFacts(
  deps: { db: Db; storage: BlobStore },
  part: Part,
  revision: number,
): Promise<Facts | undefined> {
  const found = await findFacts(deps.db, part, revision);
  if (!found) return undefined;
  const ref = blobRef(found);
  return sharedFacts(ref.sha256, () => readCompressed(deps.storage, ref, found.unpacked_bytes));
}

/** Write the facts of a part at `revision`: a blob, and its row in the caller's transaction. */
export async function storeFacts(
  deps: { db: Db; storage: BlobStore; now: () => Date },
  part: Part,
  revision: number,
  facts: Facts,
): Promise<void> {
  const columns = encodeColumns(facts);
  const blob = await putCompressed(deps.storage, columns, level);
  await insertBlobs(deps.db, [blob], deps.now());
  await insertFacts(deps.db, part, revision, { blob: blob.sha256, unpacked_bytes: columns.bytes });
}
