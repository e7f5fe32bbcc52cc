import type { ShardFormat } from './shard-format.ts';

/** The figures of a shard whose part has only one map: bytes of all texts, and all records in the first. */
export const plainSizes: ShardFormat['sizeOf'] = (files) => {
  let [bytes, count] = [0, 0];
  for (const { length } of files) {
    bytes += length;
    count++;
  }
  return { bytes, buckets: [count, 0, 0, 0] };
};
