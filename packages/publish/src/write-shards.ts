import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CopyBatch, copyOut, copyRecordsOf, withSession } from '@sluice/catalog';
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
      const texts: ReadonlyMap<string, ShownText>[] = [];
      const held: CopyBatch[] = [];
      for (let k = 0; k < layers.length; k++) texts.push(await textsOf(deps, layers[k]!, k, subdir, { batch, held }));
      return async (pack) => {
        const shards: PackingShard[] = [];
        let sinceTurn = 0;
        for (const shown of batch) {
          if (sinceTurn >= recordsPerTurn) {
            await nextTurn();
            sinceTurn = 0;
          }
          const shard = format.encode(shown.name, recordsOf(layers, shown.parts, texts));
          shards.push({ name: shown.name, shard, packing: pack(shard) });
          sinceTurn += shown.count;
        }
        for (const rows of held) rows.release();
        return shards;
      };
    };
  }
}

/** What a layer has of these names' files, as they are shown; read if it is not at hand, and then it lies in what is `held`. */
async function textsOf(
  deps: Pick<PublishDeps, 'pool'>,
  { layer, texts, patches }: ShardLayer,
  k: number,
  subdir: string,
  { batch, held }: { batch: readonly ShownName[]; held: CopyBatch[] },
): Promise<ReadonlyMap<string, ShownText>> {
  if (texts) return texts;
  const names = batch.flatMap(({ name, parts }) => (parts.some((part) => part.layer === k) ? [name] : []));
  const read = new Map<string, ShownText>();
  if (names.length === 0) return read;
  await withSession(deps.pool, async ({ client }) => {
    const command = copyRecordsOf({ source_id: layer.source_id, subdir }, layer.revision, names);
    for await (const rows of copyOut(client, command)) {
      held.push(rows);
      for (let i = 0; i < rows.length; i++) {
        const row = rowOf(rows, i);
        const shown = patchedThrough(patches, row);
        if (shown) read.set(row.file, shown);
      }
    }
  });
  return read;
}

/** The records of a name as its shard is made of them. */
export function recordsOf(
  layers: readonly ShardLayer[],
  parts: ShownName['parts'],
  texts: readonly ReadonlyMap<string, ShownText>[],
): ShownRecord[] {
  return parts.flatMap(({ layer, rows }) =>
    Array.from(rows, (row) => {
      const file = layers[layer]!.files.at(row);
      return { file, ...texts[layer]!.get(file)! };
    }),
  );
}
