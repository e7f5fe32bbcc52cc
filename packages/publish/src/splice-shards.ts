import { setImmediate as nextTurn } from 'node:timers/promises';
import { blobsByDigest, type Db, findRecords, withSession } from '@sluice/catalog';
import { blobRef, StorageError } from '@sluice/storage';
import { batches } from './batches.ts';
import type { Splice } from './choose-splices.ts';
import type { PublishDeps } from './deps.ts';
import type { FrameOpener } from './frame-opener.ts';
import type { MakingDeps, PackingShard, ReadBatch, UnmadeShards } from './make-shards.ts';
import type { ShownName } from './select.ts';
import type { ShardLayer } from './selection.ts';
import { shardFormatOf } from './shard-format.ts';
import { patchedThrough, type ShownText } from './shown-text.ts';
import { type RecordOf, recordsAmong, shownOf } from './write-shards.ts';

/** Records of the shards that are opened at once: some 4 MB, so that memory stays flat whatever the size of the subdir. */
const usualBatch = 10_000;

/** After so many, a millisecond or so, others have their turn: what packs the shards is given the next ones. */
const recordsPerTurn = 1000;

/**
 * Make shards out of those that the head has: what stays is copied, and only what came is read.
 *
 * @param left is given the names whose earlier shard is not there, or is not what it was: they must be made of all their
 * records.
 */
export function* spliceBatches(
  { opener, ...deps }: MakingDeps & { opener: FrameOpener },
  { subdir, layers, splices }: Omit<UnmadeShards, 'whole'>,
  left: ShownName[],
): Generator<ReadBatch> {
  const format = shardFormatOf(subdir);
  for (const batch of batches(splices, deps.batchRecords ?? usualBatch, ({ shown }) => shown.count)) {
    yield async () => {
      const { records, opened } = await withSession(deps.pool, async ({ db }) => {
        const records: RecordOf[] = [];
        for (const [k, layer] of layers.entries()) {
          records.push(recordsAmong(layer.files, await freshTexts(db, layer, k, subdir, batch)));
        }
        return { records, opened: await openShards({ ...deps, db }, opener, batch) };
      });
      return async (pack) => {
        const shards: PackingShard[] = [];
        let sinceTurn = 0;
        for (const [i, { shown, kept, fresh }] of batch.entries()) {
          const { layer } = shown.parts[0]!;
          const { bytes, offsets } = layers[layer]!.files;
          const came = shownOf([{ layer, rows: fresh }], records);
          const shard = opened[i] && format.splice?.(opened[i], { bytes, offsets, rows: kept }, came);
          if (shard) shards.push({ name: shown.name, shard, packing: pack(shard) });
          else left.push(shown);
          sinceTurn += shown.count;
          if (sinceTurn < recordsPerTurn) continue;
          await nextTurn();
          sinceTurn = 0;
        }
        return shards;
      };
    };
  }
}

/** What a layer has of the files that came, as they are shown. */
async function freshTexts(
  db: Db,
  { layer, files: names, patches }: ShardLayer,
  k: number,
  subdir: string,
  batch: readonly Splice[],
): Promise<ReadonlyMap<string, ShownText>> {
  const files = batch.flatMap(({ shown, fresh }) =>
    shown.parts[0]!.layer === k ? Array.from(fresh, (row) => names.at(row)) : [],
  );
  const texts = new Map<string, ShownText>();
  if (files.length === 0) return texts;
  for (const record of await findRecords(db, { source_id: layer.source_id, subdir }, files, layer.revision)) {
    const shown = patchedThrough(patches, record);
    if (shown) texts.set(record.file, shown);
  }
  return texts;
}

/** The earlier shards, in the order of the names; undefined for those that cannot be had. */
async function openShards(
  { db, storage }: Pick<PublishDeps, 'db' | 'storage'>,
  opener: FrameOpener,
  batch: readonly Splice[],
): Promise<(Uint8Array | undefined)[]> {
  const known = await blobsByDigest(
    db,
    batch.map(({ previous }) => previous),
  );
  let end = 0;
  const places = batch.map(({ previous }) => {
    const blob = known.get(Buffer.from(previous).toString('hex'));
    if (!blob) return undefined;
    const place = { ref: blobRef(blob), at: end };
    end += blob.size;
    return place;
  });
  const frames = new Uint8Array(new SharedArrayBuffer(end));
  try {
    await storage.readMany(
      frames,
      places.filter((place) => place !== undefined),
    );
  } catch (error) {
    // All of them are made of their records then: that is always right.
    if (error instanceof StorageError) return [];
    throw error;
  }
  const opening = places.map(
    (place) => place && opener.open(frames.subarray(place.at, place.at + place.ref.size)).catch(() => undefined),
  );
  return Promise.all(opening);
}
