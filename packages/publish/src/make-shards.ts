import type { Splice } from './choose-splices.ts';
import type { PublishDeps } from './deps.ts';
import { type Frames, framesHere } from './frames.ts';
import { framesOnThread } from './frames-on-thread.ts';
import { readAhead } from './read-ahead.ts';
import type { ShownName } from './select.ts';
import type { ShardLayer } from './selection.ts';
import { spliceBatches } from './splice-shards.ts';
import { eachOf, gathering, type Rooms, type Together } from './together.ts';
import { writeBatches } from './write-shards.ts';

/** What making shards works with. */
export type MakingDeps = Pick<PublishDeps, 'pool' | 'storage' | 'batchRecords'>;

/** The shards of one subdir that are to be made. */
export interface UnmadeShards {
  subdir: string;
  layers: readonly ShardLayer[];
  /** Out of the head's shards. */
  splices: readonly Splice[];
  /** Of all their records. */
  whole: readonly ShownName[];
}

/** Reads what the shards of some names are made of, and gives what makes them. */
export type ReadBatch = () => Promise<MakeBatch>;

/** Hands each shard over, which is copied then. */
export type MakeBatch = (add: (name: string, shard: Uint8Array) => void) => Promise<void>;

/** A shard as it is to be stored. */
export interface WrittenShard {
  name: string;
  /** Compressed, and their sha256. */
  bytes: Uint8Array;
  digest: Uint8Array;
  /** Bytes before compression. */
  unpacked: number;
}

/** Shards of so many records are packed in less time than a thread takes to begin. */
const few_records = 20_000;

/**
 * Make shards, a batch of names at a time. While one batch is read, the one before is made, and what was made before that is packed,
 * also while whoever asks is busy with what was handed out. Nothing is stored yet.
 */
export async function* makeShards(
  deps: MakingDeps,
  { subdir, layers, splices, whole }: UnmadeShards,
): AsyncGenerator<WrittenShard[]> {
  const records = [...splices.map(({ shown }) => shown), ...whole].reduce((sum, { count }) => sum + count, 0);
  const frames = records <= (deps.batchRecords ?? few_records) ? framesHere() : framesOnThread();
  /** Their earlier shard is not there, or is not what it was. */
  const left: ShownName[] = [];
  function* reads(): Generator<ReadBatch> {
    yield* spliceBatches({ ...deps, frames }, { subdir, layers, splices }, left);
    yield* writeBatches(deps, { subdir, layers, whole });
  }
  let last: Promise<WrittenShard[]> | undefined;
  try {
    for await (const make of readAhead(reads(), (read) => read())) {
      const next = packed(frames, await made(make, frames.rooms));
      // Heard when it is handed out; another batch may fail before that.
      next.catch(() => {});
      if (last) yield await last;
      last = next;
    }
    if (last) yield await last;
  } finally {
    await frames.close();
  }
  if (left.length > 0) yield* makeShards(deps, { subdir, layers, splices: [], whole: left });
}

interface MadeShards {
  names: readonly string[];
  shards: Together;
}

async function made(make: MakeBatch, rooms: Rooms): Promise<MadeShards> {
  const names: string[] = [];
  const shards = gathering(rooms.take());
  await make((name, shard) => {
    names.push(name);
    shards.add(shard);
  });
  return { names, shards: shards.all() };
}

async function packed(frames: Frames, { names, shards }: MadeShards): Promise<WrittenShard[]> {
  const { ends } = shards;
  const { digests, ...together } = await frames.pack(shards);
  return Array.from(eachOf(together), (bytes, i) => ({
    name: names[i]!,
    bytes,
    digest: digests.subarray(i * 32, i * 32 + 32),
    unpacked: ends[i]! - (ends[i - 1] ?? 0),
  }));
}
