import type { Splice } from './choose-splices.ts';
import type { PublishDeps } from './deps.ts';
import { openFrameOpener } from './frame-opener.ts';
import { type FramePacker, openFramePacker } from './frame-packer.ts';
import { readAhead } from './read-ahead.ts';
import type { ShownName } from './select.ts';
import type { ShardLayer } from './selection.ts';
import { spliceBatches } from './splice-shards.ts';
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
export type ReadBatch = () => Promise<(pack: FramePacker['pack']) => Promise<PackingShard[]>>;

/** Only the packer's own promise, which may fail unheard, until all of a batch are waited for. */
export interface PackingShard {
  name: string;
  /** Before compression; nobody else has it. */
  shard: Uint8Array;
  packing: Promise<Uint8Array>;
}

/** A shard as it is to be stored. */
export interface WrittenShard {
  name: string;
  /** Compressed. */
  bytes: Uint8Array;
  /** Bytes before compression. */
  unpacked: number;
}

/**
 * Make shards, a batch of names at a time. While one batch is read, the one before is made, and what was made before that is packed,
 * also while whoever asks is busy with what was handed out. Nothing is stored yet.
 */
export async function* makeShards(
  deps: MakingDeps,
  { subdir, layers, splices, whole }: UnmadeShards,
): AsyncGenerator<WrittenShard[]> {
  const packer = openFramePacker();
  const opener = openFrameOpener();
  /** Their earlier shard is not there, or is not what it was. */
  const left: ShownName[] = [];
  function* reads(): Generator<ReadBatch> {
    yield* spliceBatches({ ...deps, opener }, { subdir, layers, splices }, left);
    yield* writeBatches(deps, { subdir, layers, whole });
  }
  let last: Promise<WrittenShard[]> | undefined;
  try {
    for await (const make of readAhead(reads(), (read) => read())) {
      const shards = await make(packer.pack);
      if (last) yield await last;
      last = Promise.all(shards.map(packed));
      // Heard when it is handed out; another batch may fail before that.
      last.catch(() => {});
    }
    if (last) yield await last;
  } finally {
    packer.close();
    opener.close();
  }
  if (left.length > 0) yield* makeShards(deps, { subdir, layers, splices: [], whole: left });
}

/** A shard when it is packed. What it was made of goes back now: left to the engine, it looks through all it holds for every 64 MB. */
async function packed({ name, shard, packing }: PackingShard): Promise<WrittenShard> {
  const { buffer, byteLength } = shard;
  const bytes = await packing;
  // Less may be a part of memory that buffers share.
  if (byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0);
  return { name, bytes, unpacked: byteLength };
}
