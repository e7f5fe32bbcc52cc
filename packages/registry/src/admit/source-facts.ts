import { type Db, factsSources, insertBlobs, insertFacts, type Part } from '@sluice/catalog';
import { type Columns, encodeColumns, type Facts, factsAt, shareFacts } from '@sluice/policy';
import { type BlobStore, blobRef, putCompressed, readCompressed } from '@sluice/storage';

/** Quick: columns are read as often as they are written. */
const level = 1;

type FactsDeps = { db: Db; storage: BlobStore; now: () => Date };

/**
 * The facts columns of one part of a source as they were at `revision`; undefined before its first admission.
 *
 * Every admission of an index writes the columns of the revision it makes. Where they are missing, or of another format,
 * they are built from the records and written down.
 */
export async function sourceFacts(deps: FactsDeps, part: Part, revision: number): Promise<Facts | undefined> {
  const sources = await factsSources(deps.db, part, revision, (blob, bytes) =>
    readCompressed(deps.storage, blobRef(blob), bytes),
  );
  if (!sources.written && sources.lastChange === undefined) return undefined;
  const { facts, unwritten } = await factsAt(sources);
  if (unwritten === 'all') await storeFacts(deps, part, revision, facts);
  return facts;
}

/**
 * Write the facts of a part at `revision`: a blob, and its row in the caller's transaction. Columns that are made one by one are
 * not held, so who judges by them next reads them back.
 */
export async function storeFacts(deps: FactsDeps, part: Part, revision: number, facts: Columns): Promise<void> {
  const columns = encodeColumns(facts);
  const blob = await putCompressed(deps.storage, columns, level);
  if (areHeld(facts)) shareFacts(blobRef(blob).sha256, facts);
  await insertBlobs(deps.db, [blob], deps.now());
  await insertFacts(deps.db, part, revision, { blob: blob.sha256, unpacked_bytes: columns.bytes });
}

function areHeld(facts: Columns): facts is Facts {
  return 'file' in facts;
}
