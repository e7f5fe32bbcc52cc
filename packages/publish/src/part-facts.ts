import { factsSources, findFacts, insertBlobs, insertFacts, type LayerRow, type Part } from '@sluice/catalog';
import {
  encodeColumns,
  type Facts,
  type FactsSources,
  factsAt,
  factsOfRecords,
  readColumns,
  shareFacts,
} from '@sluice/policy';
import { blobRef, ifSound, putCompressed, readCompressedPieces } from '@sluice/storage';
import type { PublishDeps } from './deps.ts';

/** After so many changed records the columns are written anew, so that a publication reads few of them. */
const usualCheckpoint = 1000;

type FactsDeps = Pick<PublishDeps, 'db' | 'storage' | 'now'>;
type FactsLayer = Pick<LayerRow, 'source_id' | 'revision'>;

/**
 * The facts of one part of a layer at the revision the layer shows: the last columns that were written down, and what
 * changed since. Where there are none, or they are damaged or of another format, they are built from the records.
 */
export async function partFacts(
  deps: FactsDeps,
  layer: FactsLayer,
  subdir: string,
  checkpointAfter = usualCheckpoint,
): Promise<Facts> {
  const { facts, unwritten } = await factsAt(await sourcesOf(deps, layer, subdir));
  if ((unwritten === 'all' ? facts.count : unwritten) >= checkpointAfter) await checkpoint(deps, layer, facts);
  return facts;
}

/**
 * The same as the records say it, whatever was written down. It takes the place of columns that were: whatever was wrong with those
 * is mended.
 */
export async function renewedFacts(deps: FactsDeps, layer: FactsLayer, subdir: string): Promise<Facts> {
  const facts = await factsOfRecords(await sourcesOf(deps, layer, subdir));
  const part: Part = { source_id: layer.source_id, subdir };
  if (await findFacts(deps.db, part, layer.revision)) await checkpoint(deps, layer, facts);
  return facts;
}

function sourcesOf(
  { db, storage }: FactsDeps,
  { source_id, revision }: FactsLayer,
  subdir: string,
): Promise<FactsSources> {
  return factsSources(db, { source_id, subdir }, revision, (blob, bytes) =>
    ifSound(readColumns({ chunks: readCompressedPieces(storage, blobRef(blob)), bytes })),
  );
}

async function checkpoint(deps: FactsDeps, { source_id, revision }: FactsLayer, facts: Facts): Promise<void> {
  const columns = encodeColumns(facts);
  const blob = await putCompressed(deps.storage, columns, 1);
  shareFacts(blobRef(blob).sha256, facts);
  await insertBlobs(deps.db, [blob], deps.now());
  const part: Part = { source_id, subdir: facts.subdir };
  await insertFacts(deps.db, part, revision, { blob: blob.sha256, unpacked_bytes: columns.bytes });
}
