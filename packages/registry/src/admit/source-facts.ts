import { type Db, factsSources, insertBlobs, insertFacts, type Part, sourceRevision } from '@sluice/catalog';
import { encodeColumns, type Facts, factsAt, fileRowsOf, readColumns, sharedFacts, shareFacts } from '@sluice/policy';
import {
  type BlobColumns,
  type BlobStore,
  blobRef,
  ifSound,
  putCompressed,
  readCompressedPieces,
} from '@sluice/storage';

/** Quick: columns are read as often as they are written. */
const level = 1;

type FactsDeps = { db: Db; storage: BlobStore; now: () => Date };

/**
 * The facts columns of one part of a source as they were at `revision`; undefined before its first admission.
 *
 * Every admission of an index writes the columns of the revision it makes. Where they are missing, damaged, or of another format,
 * they are built from the records and written down.
 */
export async function sourceFacts(deps: FactsDeps, part: Part, revision: number): Promise<Facts | undefined> {
  const sources = await sourcesOf(deps, part, revision);
  if (!sources.written && sources.lastChange === undefined) return undefined;
  const { facts, unwritten } = await factsAt(sources);
  if (unwritten === 'all') await noteFacts(deps, part, revision, await packFacts(deps, facts));
  return facts;
}

function sourcesOf({ db, storage }: FactsDeps, part: Part, revision: number) {
  return factsSources(db, part, revision, (blob, bytes) =>
    ifSound(readColumns({ chunks: readCompressedPieces(storage, blobRef(blob)), bytes })),
  );
}

/**
 * Read the columns ahead that the next admission of a part compares with, while its index is still on its way. As long as
 * somebody holds them, that finds them in memory.
 */
export async function readAhead(deps: FactsDeps, part: Part): Promise<Facts | undefined> {
  const { written } = await sourcesOf(deps, part, await sourceRevision(deps.db, part.source_id));
  const facts = written && (await sharedFacts(written.key, written.read));
  if (facts) fileRowsOf(facts);
  return facts;
}

/** Facts that lie in the store, and that nobody knows of yet. */
export interface PackedFacts {
  blob: BlobColumns;
  unpacked_bytes: number;
}

/** Make facts durable as a blob of columns, for {@link noteFacts}; they are shared from now on. */
export async function packFacts({ storage }: Pick<FactsDeps, 'storage'>, facts: Facts): Promise<PackedFacts> {
  const columns = encodeColumns(facts);
  const blob = await putCompressed(storage, columns, level);
  shareFacts(blobRef(blob).sha256, facts);
  return { blob, unpacked_bytes: columns.bytes };
}

/** Say where the facts of a part at `revision` are, in the caller's transaction. */
export async function noteFacts(
  { db, now }: Pick<FactsDeps, 'db' | 'now'>,
  part: Part,
  revision: number,
  { blob, unpacked_bytes }: PackedFacts,
): Promise<void> {
  await insertBlobs(db, [blob], now());
  await insertFacts(db, part, revision, { blob: blob.sha256, unpacked_bytes });
}
