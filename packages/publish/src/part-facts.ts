import {
  type BlobRow,
  changedRecords,
  findFacts,
  insertBlobs,
  insertFacts,
  type LayerRow,
  type Part,
} from '@sluice/catalog';
import { condaFactsRow, encodeColumns, type Facts, factsBuilder, sharedFacts } from '@sluice/policy';
import { blobRef, putCompressed, readCompressed } from '@sluice/storage';
import type { PublishDeps } from './deps.ts';

/** After so many changed records the columns of own uploads are written anew, so that a publication reads few of them. */
const usualCheckpoint = 1000;

/**
 * The facts of one part of a layer at the revision the layer shows.
 *
 * An upstream's columns were written when its index was admitted. Own uploads come one by one: their columns are the
 * last checkpoint and what changed since.
 */
export async function partFacts(
  deps: PublishDeps,
  layer: Pick<LayerRow, 'source_id' | 'revision' | 'mirror'>,
  subdir: string,
  checkpointAfter = usualCheckpoint,
): Promise<Facts> {
  const part: Part = { source_id: layer.source_id, subdir };
  const stored = await findFacts(deps.db, part, layer.revision);
  const base = stored && (await storedFacts(deps, stored));
  if (layer.mirror || stored?.revision === layer.revision) return base ?? factsBuilder('conda', subdir).build();
  const changes = await changedRecords(deps.db, part, stored?.revision ?? 0, layer.revision);
  if (changes.length === 0 && base) return base;
  const live = changes.filter((record) => record.to_rev === null || record.to_rev > layer.revision);
  const touched = new Set(changes.map((record) => record.file));
  const builder = factsBuilder('conda', subdir);
  for (let i = 0; base && i < base.count; i++) if (!touched.has(base.file(i))) builder.addFrom(base, i);
  for (const record of live) builder.add(condaFactsRow(record.file, record.body, record.from_rev));
  const facts = builder.build();
  if (changes.length >= checkpointAfter) await checkpoint(deps, part, layer.revision, facts);
  return facts;
}

async function storedFacts(deps: PublishDeps, stored: BlobRow & { unpacked_bytes: number }): Promise<Facts> {
  const ref = blobRef(stored);
  return sharedFacts(ref.sha256, () => readCompressed(deps.storage, ref, stored.unpacked_bytes));
}

async function checkpoint(deps: PublishDeps, part: Part, revision: number, facts: Facts): Promise<void> {
  const columns = encodeColumns(facts);
  const blob = await putCompressed(deps.storage, columns, 1);
  await insertBlobs(deps.db, [blob], deps.now());
  await insertFacts(deps.db, part, revision, { blob: blob.sha256, unpacked_bytes: columns.bytes });
}
