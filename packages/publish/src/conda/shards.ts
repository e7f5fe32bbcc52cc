import { zstdCompressSync } from 'node:zlib';
import {
  type BlobRow,
  copyOut,
  copyRecordsOfFiles,
  type EntryRow,
  findInspections,
  withSession,
} from '@sluice/catalog';
import { encodeShard, parseJsonObject, type RunExports, type ShardRecord } from '@sluice/formats/conda';
import { hexAt } from '@sluice/policy';
import { putSmallBlobs } from '@sluice/storage';
import type { PublishDeps } from '../deps.ts';
import type { ShownName } from '../select.ts';
import type { LoadedLayer } from '../selection.ts';

/** One package name whose shard must be written, with its shown rows and their signature. */
export interface TouchedName extends ShownName {
  signature: Uint8Array;
}

/** Records read at once: some 5,000 of 550 bytes, so that memory stays flat whatever the size of the subdir. */
const recordsPerBatch = 5000;

/**
 * Write the shards of the touched names of one subdir: small blobs in packs, and an entry for each.
 *
 * @returns entries and blob rows for the publication's transaction.
 * @see CEP 16
 */
export async function buildShards(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  subdir: string,
  touched: readonly TouchedName[],
): Promise<{ entries: EntryRow[]; blobs: BlobRow[] }> {
  const entries: EntryRow[] = [];
  const blobs: BlobRow[] = [];
  for (const batch of batches(touched)) {
    const bodies = await readBodies(deps, layers, subdir, batch);
    const runExports = await readRunExports(deps, layers, batch);
    const shards = batch.map((name) =>
      packShard(encodeShard({ records: shardRecords(layers, name, bodies, runExports), removed: [] })),
    );
    const stored = await putSmallBlobs(deps.storage, shards);
    blobs.push(...stored);
    batch.forEach(({ name, count, signature }, i) => {
      entries.push({
        kind: 'shard',
        key: `${subdir}/${name}`,
        blob: stored[i]!.sha256,
        signature,
        files: count,
      });
    });
  }
  return { entries, blobs };
}

/** Some clients refuse a frame that does not state its unpacked size. */
function packShard(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, { pledgedSrcSize: bytes.byteLength });
}

function* batches(touched: readonly TouchedName[]): Iterable<TouchedName[]> {
  let batch: TouchedName[] = [];
  let records = 0;
  for (const name of touched) {
    batch.push(name);
    records += name.count;
    if (records >= recordsPerBatch) {
      yield batch;
      batch = [];
      records = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

/** The texts of the batch's records: layer number and file name → bytes. */
type Bodies = Map<string, Buffer>;

async function readBodies(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  subdir: string,
  batch: readonly TouchedName[],
): Promise<Bodies> {
  const files: string[][] = layers.map(() => []);
  for (const { parts } of batch) {
    for (const { layer, rows } of parts) for (const row of rows) files[layer]!.push(layers[layer]!.facts.file(row));
  }
  const bodies: Bodies = new Map();
  for (let k = 0; k < layers.length; k++) {
    if (files[k]!.length === 0) continue;
    const { source_id, revision } = layers[k]!.layer;
    await withSession(deps.pool, async ({ client }) => {
      const command = copyRecordsOfFiles({ source_id, subdir }, revision, files[k]!);
      for await (const rows of copyOut(client, command)) {
        for (let i = 0; i < rows.length; i++) bodies.set(`${k}/${rows.text(i, 0)}`, rows.bytes(i, 1)!);
      }
    });
  }
  return bodies;
}

/** Run exports by sha256 in hex, of the files that were inspected here. */
async function readRunExports(
  deps: PublishDeps,
  layers: readonly LoadedLayer[],
  batch: readonly TouchedName[],
): Promise<Map<string, RunExports>> {
  const digests: Buffer[] = [];
  for (const { parts } of batch) {
    for (const { layer, rows } of parts) {
      for (const row of rows) digests.push(digestAt(layers[layer]!.facts.sha256, row));
    }
  }
  const found = await findInspections(deps.db, digests);
  return new Map(found.map((row) => [Buffer.from(row.sha256).toString('hex'), (row.run_exports ?? {}) as RunExports]));
}

function shardRecords(
  layers: readonly LoadedLayer[],
  { parts }: TouchedName,
  bodies: Bodies,
  runExports: Map<string, RunExports>,
): ShardRecord[] {
  const records: ShardRecord[] = [];
  for (const { layer, rows } of parts) {
    const { facts } = layers[layer]!;
    for (const row of rows) {
      const fn = facts.file(row);
      const exports = runExports.get(hexAt(facts.sha256, 32, row) ?? '');
      records.push({
        bucket: fn.endsWith('.conda') ? 'packages.conda' : 'packages',
        fn,
        record: parseJsonObject(bodies.get(`${layer}/${fn}`)!, fn, 'record_shape'),
        ...(exports && { run_exports: exports }),
      });
    }
  }
  return records;
}

/** The sha256 at a row of the digests' column, as a query wants it. */
function digestAt(column: Uint8Array, row: number): Buffer {
  return Buffer.from(column.buffer, column.byteOffset + row * 32, 32);
}
