import type { SyntheticPart } from '../synthetic/channel.ts';
import { type SyntheticRecord, syntheticRecords } from '../synthetic/records.ts';
import { laneCount, recordLanes } from './record-sum.ts';

/** A generated subdir in memory: what a filter asks about each record, and what it adds to a sum of records. */
export interface KnownPart {
  readonly subdir: string;
  readonly records: readonly Omit<SyntheticRecord, 'text' | 'file'>[];
  /** Eight a record. */
  readonly lanes: Uint32Array;
}

/** Generate it once; every set of rules is then applied to it in a moment. */
export function knowPart(params: SyntheticPart): KnownPart {
  const records: Omit<SyntheticRecord, 'text' | 'file'>[] = [];
  // A later edition is a little larger or smaller.
  let lanes = new Uint32Array(Math.ceil(params.records * 1.02 + 100) * laneCount);
  for (const { file, text, ...record } of syntheticRecords(params)) {
    lanes.set(recordLanes(file, text), records.length * laneCount);
    records.push(record);
  }
  lanes = lanes.subarray(0, records.length * laneCount);
  return { subdir: params.subdir, records, lanes };
}
