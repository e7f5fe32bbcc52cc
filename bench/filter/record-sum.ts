import { createHash } from 'node:crypto';

/** Sums up a set of records whatever their order: how many, and a digest of all. */
export interface RecordSum {
  add(file: string, record: string | Uint8Array): void;
  result(): RecordSet;
}

/** Two sets are equal when both are. */
export interface RecordSet {
  readonly count: number;
  readonly digest: string;
}

/** Begin a sum. */
export function recordSum(): RecordSum {
  const lanes = new Uint32Array(8);
  let count = 0;
  return {
    add: (file, record) => {
      const digest = createHash('sha256').update(file).update('\n').update(record).digest();
      for (let lane = 0; lane < 8; lane++) lanes[lane]! += digest.readUInt32LE(lane * 4);
      count++;
    },
    result: () => ({ count, digest: Buffer.from(lanes.buffer).toString('hex') }),
  };
}
