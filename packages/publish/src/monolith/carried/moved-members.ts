import { bucketOf, type RepodataBucket, repodataBuckets } from '@sluice/formats/conda';

/** What says where a member stands in a document. */
export interface MemberPlace {
  bucket: RepodataBucket;
  fn: string;
}

/** A member by which a later document differs from an earlier one. */
export interface MovedMember extends MemberPlace {
  /** Whether the earlier document has it: then it does not stay as it is. */
  isDropped: boolean;
  /** What the later document has there. */
  text: Uint8Array | undefined;
}

/** What moved in the order of a document without v3 maps, each file once. */
export function movedMembers(
  dropped: Iterable<string>,
  fresh: Iterable<{ bucket: RepodataBucket; fn: string; text: Uint8Array }>,
): MovedMember[] {
  const members = new Map<string, MovedMember>();
  for (const fn of dropped) members.set(fn, { bucket: bucketOf(fn, false), fn, isDropped: true, text: undefined });
  for (const { bucket, fn, text } of fresh) members.set(fn, { bucket, fn, isDropped: members.has(fn), text });
  return [...members.values()].sort((a, b) => (precedes(a, b) ? -1 : 1));
}

/** Whether one file stands before another in a document. */
export function precedes(a: MemberPlace, b: MemberPlace): boolean {
  return a.bucket === b.bucket ? a.fn < b.fn : repodataBuckets.indexOf(a.bucket) < repodataBuckets.indexOf(b.bucket);
}
