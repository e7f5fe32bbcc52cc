import { createHash } from 'node:crypto';

/** Sums up a set of records whatever their order: how many, and a digest of all. */
export interface RecordSum {
  add(file: string, record: string | Uint8Array): void;
  /** The same for a record whose lanes are known: eight of `lanes`, from `at`. */
  addLanes(lanes: Uint32Array, at: number): void;
  result(): RecordSet;
}

/** Two sets are equal when both are. */
export interface RecordSet {
  readonly count: number;
  readonly digest: string;
}

/** How many lanes a sum has. */
export const laneCount = 8;

/** What a record adds to a sum. */
export function recordLanes(file: string, record: string | Uint8Array): Uint32Array {
  const digest = createHash('sha256').update(file).update('\n').update(record).digest();
  return Uint32Array.from({ length: laneCount }, (_, lane) => digest.readUInt32LE(lane * 4));
}

/** Begin a sum. */
export function recordSum(): RecordSum {
  const lanes = new Uint32Array(laneCount);
  let count = 0;
  const addLanes = (other: Uint32Array, at: number) => {
    for (let lane = 0; lane < laneCount; lane++) lanes[lane]! += other[at + lane]!;
    count++;
  };
  return {
    add: (file, record) => addLanes(recordLanes(file, record), 0),
    addLanes,
    result: () => ({ count, digest: Buffer.from(lanes.buffer).toString('hex') }),
  };
}

/** A set as one text, for maps of them. */
export function printSet({ count, digest }: RecordSet): string {
  return `${count} ${digest}`;
}
