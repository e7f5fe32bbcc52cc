import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CopyBatch, copyOut, copyRecordsOf, withSession } from '@sluice/catalog';
import { fileRowsAmong } from '@sluice/policy';
import { batches } from './batches.ts';
import type { PublishDeps } from './deps.ts';
import type { PackingShard, ReadBatch, UnmadeShards } from './make-shards.ts';
import { rowOf } from './names-facts.ts';
import type { ShownName } from './select.ts';
import type { ShardLayer } from './selection.ts';
import { type ShownRecord, shardFormatOf } from './shard-format.ts';
import { patchedThrough, type ShownText } from './shown-text.ts';

/** Records read at once: some 5,000 of 550 bytes, so that memory stays flat whatever the size of the subdir. */
const usualBatch = 5000;

/** After so many, a millisecond or two, what of the next batch has come is taken in, or the database would wait. */
const recordsPerTurn = 100;

/** Make shards of all records of their names. */
export function* writeBatches(
  deps: Pick<PublishDeps, 'pool' | 'batchRecords'>,
  { subdir, layers, whole }: Omit<UnmadeShards, 'splices'>,
): Generator<ReadBatch> {
  const format = shardFormatOf(subdir);
  for (const batch of batches(whole, deps.batchRecords ?? usualBatch, ({ count }) => count)) {
    yield async () => {
      const records: RecordOf[] = [];
      const held: CopyBatch[] = [];
      for (let k = 0; k < layers.length; k++)
        records.push(await recordsIn(deps, layers[k]!, k, subdir, { batch, held }));
      return async (pack) => {
        const shards: PackingShard[] = [];
        let sinceTurn = 0;
        for (const shown of batch) {
          if (sinceTurn >= recordsPerTurn) {
            await nextTurn();
            sinceTurn = 0;
          }
          const shard = format.encode(shown.name, shownOf(shown.parts, records));
          shards.push({ name: shown.name, shard, packing: pack(shard) });
          sinceTurn += shown.count;
        }
        for (const rows of held) rows.release();
        return shards;
      };
    };
  }
}

/** The records of a layer in these names, as they are shown; read if they are not at hand, and then they lie in what is `held`. */
async function recordsIn(
  deps: Pick<PublishDeps, 'pool'>,
  { layer, files, texts, patches }: ShardLayer,
  k: number,
  subdir: string,
  { batch, held }: { batch: readonly ShownName[]; held: CopyBatch[] },
): Promise<RecordOf> {
  if (texts) return recordsAmong(files, texts);
  const names: string[] = [];
  const rows: number[] = [];
  for (const { name, parts } of batch) {
    const ours = parts.filter((part) => part.layer === k);
    if (ours.length > 0) names.push(name);
    for (const part of ours) for (const row of part.rows) rows.push(row);
  }
  // Only where they lie is kept until they are written: texts of thousands would be moved about in memory before.
  const places = new Map<number, { lot: CopyBatch; at: number }>();
  const rowAt = fileRowsAmong(files, rows);
  if (names.length > 0) {
    await withSession(deps.pool, async ({ client }) => {
      const command = copyRecordsOf({ source_id: layer.source_id, subdir }, layer.revision, names);
      for await (const lot of copyOut(client, command)) {
        held.push(lot);
        for (let at = 0; at < lot.length; at++) {
          const begin = lot.start(at, 0);
          const row = rowAt(lot.buffer, begin, begin + lot.size(at, 0));
          if (row >= 0) places.set(row, { lot, at });
        }
      }
    });
  }
  return (row) => {
    const { lot, at } = places.get(row)!;
    const record = rowOf(lot, at);
    const shown = patchedThrough(patches, record)!;
    return shown === record ? record : { file: record.file, ...shown };
  };
}

/** Gives the record of a row of a layer's facts. */
export type RecordOf = (row: number) => ShownRecord;

/** Of records whose texts are at hand, by file. */
export function recordsAmong(files: ShardLayer['files'], texts: ReadonlyMap<string, ShownText>): RecordOf {
  return (row) => {
    const file = files.at(row);
    return { file, ...texts.get(file)! };
  };
}

/** The records of a name as its shard is made of them. @param records of each layer. */
export function shownOf(parts: ShownName['parts'], records: readonly RecordOf[]): ShownRecord[] {
  return parts.flatMap(({ layer, rows }) => Array.from(rows, records[layer]!));
}
