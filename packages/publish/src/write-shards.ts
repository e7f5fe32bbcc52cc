import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CopyBatch, copyOut, copyRecordsOf, withSession } from '@sluice/catalog';
import { batches } from './batches.ts';
import type { PublishDeps } from './deps.ts';
import { openFramePacker } from './frame-packer.ts';
import { rowOf } from './names-facts.ts';
import { readAhead } from './read-ahead.ts';
import type { ShownName } from './select.ts';
import type { ShardLayer } from './selection.ts';
import { type ShownRecord, shardFormatOf } from './shard-format.ts';
import { patchedThrough, type ShownText } from './shown-text.ts';

/** A shard as it is to be stored. */
export interface WrittenShard {
  name: string;
  /** Compressed. */
  bytes: Uint8Array;
  /** Bytes before compression. */
  unpacked: number;
}

/** Records read at once: some 5,000 of 550 bytes, so that memory stays flat whatever the size of the subdir. */
const recordsPerBatch = 5000;

/** After so many, a millisecond or two, what of the next batch has come is taken in, or the database would wait. */
const recordsPerTurn = 100;

/** Write the shards of some names of one subdir, a batch of names at a time. Nothing is stored yet. */
export async function* writeShards(
  deps: Pick<PublishDeps, 'pool'>,
  layers: readonly ShardLayer[],
  subdir: string,
  names: readonly ShownName[],
): AsyncGenerator<WrittenShard[]> {
  const read = async (batch: readonly ShownName[]) => {
    const texts: ReadonlyMap<string, ShownText>[] = [];
    const held: CopyBatch[] = [];
    for (let k = 0; k < layers.length; k++) texts.push(await textsOf(deps, layers[k]!, k, subdir, { batch, held }));
    return { batch, texts, held };
  };
  const format = shardFormatOf(subdir);
  const packer = openFramePacker();
  try {
    for await (const { batch, texts, held } of readAhead(
      batches(names, recordsPerBatch, ({ count }) => count),
      read,
    )) {
      const shards: PackingShard[] = [];
      let sinceTurn = 0;
      for (const shown of batch) {
        if (sinceTurn >= recordsPerTurn) {
          await nextTurn();
          sinceTurn = 0;
        }
        const shard = format.encode(shown.name, recordsOf(layers, shown.parts, texts));
        shards.push({ name: shown.name, shard, packing: packer.pack(shard) });
        sinceTurn += shown.count;
      }
      for (const rows of held) rows.release();
      yield await Promise.all(shards.map(packed));
    }
  } finally {
    packer.close();
  }
}

/** Only the packer's own promise, which may fail unheard, until all of a batch are waited for. */
export interface PackingShard {
  name: string;
  /** Before compression; nobody else has it. */
  shard: Uint8Array;
  packing: Promise<Uint8Array>;
}

/** A shard when it is packed. What it was made of goes back now: left to the engine, it looks through all it holds for every 64 MB. */
export async function packed({ name, shard, packing }: PackingShard): Promise<WrittenShard> {
  const { buffer, byteLength } = shard;
  const bytes = await packing;
  // Less may be a part of memory that buffers share.
  if (byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0);
  return { name, bytes, unpacked: byteLength };
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
