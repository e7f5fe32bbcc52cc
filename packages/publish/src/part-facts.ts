import {
  changedRecords,
  findFacts,
  findPart,
  insertBlobs,
  insertFacts,
  type LayerRow,
  liveRecordPages,
  type Part,
} from '@sluice/catalog';
import {
  addRecords,
  changedFacts,
  encodeColumns,
  type Facts,
  factsBuilder,
  sharedFacts,
  shareFacts,
} from '@sluice/policy';
import { blobRef, putCompressed, readCompressed } from '@sluice/storage';
import type { PublishDeps } from './deps.ts';

/** After so many changed records the columns are written anew, so that a publication reads few of them. */
const usualCheckpoint = 1000;

type FactsDeps = Pick<PublishDeps, 'db' | 'storage' | 'now'>;

/**
 * The facts of one part of a layer at the revision the layer shows: the last columns that were written down, and what
 * changed since. Where there are none, or of another format, they are built from the records.
 */
export async function partFacts(
  deps: FactsDeps,
  layer: Pick<LayerRow, 'source_id' | 'revision'>,
  subdir: string,
  checkpointAfter = usualCheckpoint,
): Promise<Facts> {
  const part: Part = { source_id: layer.source_id, subdir };
  const stored = await findFacts(deps.db, part, layer.revision);
  const base = stored && (await sharedFacts(keyOf(stored), () => readStored(deps, stored)));
  if (!base) {
    const facts = await factsFromRecords(deps, layer, subdir);
    if (facts.count >= checkpointAfter) await checkpoint(deps, part, layer.revision, facts);
    return facts;
  }
  const known = await findPart(deps.db, part);
  if (known && Math.min(known.revision, layer.revision) <= stored.revision) return base;
  const changes = await changedRecords(deps.db, part, stored.revision, layer.revision);
  if (changes.length === 0) return base;
  const facts = changedFacts(base, changes, layer.revision);
  if (changes.length >= checkpointAfter) await checkpoint(deps, part, layer.revision, facts);
  return facts;
}

/** The facts of a part as its records say them, whatever was written down. */
async function factsFromRecords(
  { db }: Pick<PublishDeps, 'db'>,
  { source_id, revision }: Pick<LayerRow, 'source_id' | 'revision'>,
  subdir: string,
): Promise<Facts> {
  const builder = factsBuilder(subdir);
  for await (const page of liveRecordPages(db, { source_id, subdir }, revision)) addRecords(builder, page);
  return builder.build();
}

/** The same, and they take the place of columns that were written down: whatever was wrong with those is mended. */
export async function renewedFacts(
  deps: FactsDeps,
  layer: Pick<LayerRow, 'source_id' | 'revision'>,
  subdir: string,
): Promise<Facts> {
  const part: Part = { source_id: layer.source_id, subdir };
  const facts = await factsFromRecords(deps, layer, subdir);
  if (await findFacts(deps.db, part, layer.revision)) await checkpoint(deps, part, layer.revision, facts);
  return facts;
}

type StoredFacts = NonNullable<Awaited<ReturnType<typeof findFacts>>>;

const keyOf = (stored: StoredFacts) => blobRef(stored).sha256;

function readStored({ storage }: Pick<FactsDeps, 'storage'>, stored: StoredFacts): Promise<Uint8Array> {
  return readCompressed(storage, blobRef(stored), stored.unpacked_bytes);
}

async function checkpoint(deps: FactsDeps, part: Part, revision: number, facts: Facts): Promise<void> {
  const columns = encodeColumns(facts);
  const blob = await putCompressed(deps.storage, columns, 1);
  shareFacts(blobRef(blob).sha256, facts);
  await insertBlobs(deps.db, [blob], deps.now());
  await insertFacts(deps.db, part, revision, { blob: blob.sha256, unpacked_bytes: columns.bytes });
}
