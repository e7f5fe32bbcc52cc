import {
  changedRecords,
  type Db,
  findFacts,
  findPart,
  insertBlobs,
  insertFacts,
  liveRecordPages,
  type Part,
} from '@sluice/catalog';
import {
  addRecords,
  type Columns,
  changedFacts,
  encodeColumns,
  type Facts,
  factsBuilder,
  sharedFacts,
  shareFacts,
} from '@sluice/policy';
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
  const [found, known] = [await findFacts(deps.db, part, revision), await findPart(deps.db, part)];
  const base = found && (await readFacts(deps, found));
  if (!known) return base;
  if (!base) {
    const builder = factsBuilder(part.subdir);
    for await (const page of liveRecordPages(deps.db, part, revision)) addRecords(builder, page);
    const facts = builder.build();
    await storeFacts(deps, part, revision, facts);
    return facts;
  }
  if (Math.min(known.revision, revision) <= found.revision) return base;
  const changes = await changedRecords(deps.db, part, found.revision, revision);
  return changes.length === 0 ? base : changedFacts(base, changes, revision);
}

/** Columns out of the store; undefined when they are of another format. */
function readFacts(
  { storage }: Pick<FactsDeps, 'storage'>,
  found: NonNullable<Awaited<ReturnType<typeof findFacts>>>,
): Promise<Facts | undefined> {
  const ref = blobRef(found);
  return sharedFacts(ref.sha256, () => readCompressed(storage, ref, found.unpacked_bytes));
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
