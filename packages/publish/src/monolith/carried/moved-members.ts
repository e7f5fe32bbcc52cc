import { bucketOf, type RepodataBucket, repodataBuckets } from '@sluice/formats/conda';
import type { FreshRecord, MovedRecords } from './moved-records.ts';

/** What says where a member stands in a document. */
export interface MemberPlace {
  bucket: RepodataBucket;
  fn: string;
}

/** A member by which a later document differs from an earlier one. */
export interface MovedMember extends MemberPlace {
  /** Whether the earlier document has it: then it does not stay as it is. */
  isDropped: boolean;
  /** The record that the later document has there. */
  fresh: FreshRecord | undefined;
}

/** What moved in the order of a document without v3 maps, each file once. */
export function movedMembers({ dropped, fresh }: Pick<MovedRecords, 'dropped' | 'fresh'>): MovedMember[] {
  const members = new Map<string, MovedMember>();
  for (const fn of dropped) members.set(fn, { bucket: bucketOf(fn, false), fn, isDropped: true, fresh: undefined });
  for (const record of fresh) {
    const { bucket, fn } = record;
    members.set(fn, { bucket, fn, isDropped: members.has(fn), fresh: record });
  }
  return [...members.values()].sort((a, b) => (precedes(a, b) ? -1 : 1));
}

/** Whether one file stands before another in a document. */
export function precedes(a: MemberPlace, b: MemberPlace): boolean {
  return a.bucket === b.bucket ? a.fn < b.fn : repodataBuckets.indexOf(a.bucket) < repodataBuckets.indexOf(b.bucket);
}
