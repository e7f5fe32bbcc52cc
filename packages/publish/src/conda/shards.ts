import {
  bucketKey,
  bucketOf,
  encodeShardTexts,
  repodataBuckets,
  type ShardText,
  spliceShard,
} from '@sluice/formats/conda';
import type { ShardFormat, ShownRecord } from '../shard-format.ts';

const endOfConda = 'a'.charCodeAt(0);

/** Shards of conda, which clients read as they are. @see CEP 16 */
export const condaShards: ShardFormat = {
  encode: (_, records) => encodeShardTexts(records.map(shardText)),
  splice: (previous, kept, records) => spliceShard(previous, kept, records.map(shardText)),
  sizeOf(files) {
    const counts = repodataBuckets.map(() => 0);
    let bytes = 0;
    for (const { nameBytes, nameEnd, length, v3 } of files) {
      const ending = nameEnd === endOfConda ? '.conda' : '.tar.bz2';
      const bucket = bucketOf(ending, v3);
      counts[repodataBuckets.indexOf(bucket)]!++;
      // File names have nothing that JSON would escape: quotes, colon and comma come to it.
      bytes += nameBytes - ending.length + bucketKey(bucket, ending).length + 4 + length;
    }
    return { bytes, buckets: counts };
  },
};

function shardText({ file, body, v3, extra }: ShownRecord): ShardText {
  return { bucket: bucketOf(file, v3), fn: file, body, run_exports: extra };
}
