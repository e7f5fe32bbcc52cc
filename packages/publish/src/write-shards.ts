import { zstdCompressSync } from 'node:zlib';
import { copyOut, copyRecordsOfFiles, withSession } from '@sluice/catalog';
import type { PatchInstructions } from '@sluice/formats/conda';
import type { PublishDeps } from './deps.ts';
import { rowOf } from './names-facts.ts';
import type { ShownName } from './select.ts';
import type { LoadedLayer } from './selection.ts';
import { type ShardFormat, shardFormatOf } from './shard-format.ts';
import { patchedText, type ShownText } from './shown-text.ts';

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

/** Write the shards of some names of one subdir, a batch of names at a time. Nothing is stored yet. */
export async function* writeShards(
  deps: Pick<PublishDeps, 'pool'>,
  layers: readonly LoadedLayer[],
  subdir: string,
  names: readonly ShownName[],
  patch: PatchInstructions | undefined,
): AsyncGenerator<WrittenShard[]> {
  const read = async (batch: readonly ShownName[]) => {
    const texts: ReadonlyMap<string, ShownText>[] = [];
    for (let k = 0; k < layers.length; k++) texts.push(await textsOf(deps, layers[k]!, k, subdir, batch, patch));
    return { batch, texts };
  };
  const format = shardFormatOf(subdir);
  for await (const { batch, texts } of readAhead(batches(names), read)) {
    yield batch.map((shown) => writeShard(format, layers, shown, texts));
  }
}

/** What `read` makes of each of some things, in their order. The next one is read while the last one is worked on. */
async function* readAhead<T, R>(things: Iterable<T>, read: (thing: T) => Promise<R>): AsyncGenerator<R> {
  let next: Promise<R> | undefined;
  try {
    for (const thing of things) {
      const last = next;
      if (last) await last;
      next = read(thing);
      next.catch(() => {});
      if (last) yield await last;
    }
    if (next) yield await next;
  } finally {
    // Whoever stops early must not leave a read behind that nobody waits for.
    await next?.catch(() => {});
  }
}

function* batches(names: readonly ShownName[]): Iterable<ShownName[]> {
  let batch: ShownName[] = [];
  let records = 0;
  for (const name of names) {
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

/** What is shown of a layer's files of these names; read if they are not at hand. */
async function textsOf(
  deps: Pick<PublishDeps, 'pool'>,
  { layer, facts, texts }: LoadedLayer,
  k: number,
  subdir: string,
  batch: readonly ShownName[],
  patch: PatchInstructions | undefined,
): Promise<ReadonlyMap<string, ShownText>> {
  if (texts) return texts;
  const files = batch.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.layer === k ? Array.from(part.rows, (row) => facts.file(row)) : [])),
  );
  const read = new Map<string, ShownText>();
  if (files.length === 0) return read;
  await withSession(deps.pool, async ({ client }) => {
    const command = copyRecordsOfFiles({ source_id: layer.source_id, subdir }, layer.revision, files);
    for await (const rows of copyOut(client, command)) {
      for (let i = 0; i < rows.length; i++) {
        const row = rowOf(rows, i);
        const shown = patchedText(patch, row);
        if (shown) read.set(row.file, shown);
      }
    }
  });
  return read;
}

function writeShard(
  format: ShardFormat,
  layers: readonly LoadedLayer[],
  { name, parts }: ShownName,
  texts: readonly ReadonlyMap<string, ShownText>[],
): WrittenShard {
  const records = parts.flatMap(({ layer, rows }) =>
    Array.from(rows, (row) => {
      const file = layers[layer]!.facts.file(row);
      return { file, ...texts[layer]!.get(file)! };
    }),
  );
  const shard = format.encode(name, records);
  // Some clients refuse a frame that does not state its unpacked size.
  const bytes = zstdCompressSync(shard, { pledgedSrcSize: shard.byteLength });
  return { name, bytes, unpacked: shard.byteLength };
}
