import type { KeptFiles } from '@sluice/formats/conda';
import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import { condaShards } from './conda/shards.ts';
import { rShards } from './cran/shards.ts';
import { fileShards } from './file/shards.ts';
import { pythonShards } from './pypi/shards.ts';
import type { ShownText } from './shown-text.ts';

/** A record as a channel shows it, with the key of its file. */
export interface ShownRecord extends ShownText {
  file: string;
}

/** What one type of package keeps of each of its names in a publication. */
export interface ShardFormat {
  /** The bytes of a name's shard. Equal records give equal bytes, whatever order they come in. */
  encode(name: string, records: readonly ShownRecord[]): Uint8Array;
  /**
   * The same bytes, made of an earlier shard and the records that are not in it as they are now; undefined when that cannot
   * be done. Absent where shards are not made so.
   */
  splice?(previous: Uint8Array, kept: KeptFiles, records: readonly ShownRecord[]): Uint8Array | undefined;
  /** What the documents of its part need to know of it beforehand: bytes in them, and how many records stand in which map. */
  sizeOf(files: Iterable<ShownSize>): { bytes: number; buckets: number[] };
}

/** A shown record, by what its facts say. */
export interface ShownSize {
  /** Bytes of its file name, which is ASCII, and the last of them. */
  nameBytes: number;
  nameEnd: number;
  /** Bytes of its text. */
  length: number;
  v3: boolean;
}

const formats: Record<PackageType, ShardFormat> = {
  conda: condaShards,
  python: pythonShards,
  r: rShards,
  file: fileShards,
};

/** How the shards of a part of a source are written. */
export function shardFormatOf(part: string): ShardFormat {
  return formats[packageTypeOf(part)];
}
