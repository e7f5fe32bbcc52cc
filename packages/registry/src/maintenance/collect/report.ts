import type { BlobAmount } from '@sluice/catalog';

/** How to collect. `dry_run`: say what would go, and change nothing. */
export interface CollectOptions {
  dry_run: boolean;
}

/** What a collection has done, or a dry run would do. Bytes are those of the blobs, or of the files. */
export interface CollectReport {
  dry_run: boolean;
  /** The time it goes by, ISO 8601, and for how long it leaves alone what nobody needs. */
  as_of: string;
  grace_hours: number;
  /** Channels of which publications go. */
  channels: { channel: string; kept: number; publications: number; entries: number }[];
  publications: number;
  entries: number;
  /** Rows of what was worked out and can be again. */
  monolith: number;
  facts: number;
  needed_files: number;
  source_shard: number;
  source_list: number;
  record_companion: number;
  project_list: number;
  /** Blobs looked at, and how many of them something needs. */
  blobs: number;
  needed: number;
  /** Blobs found to be needed by nothing: they go when they still are a grace later. */
  condemned: BlobAmount;
  /** Blobs whose rows went, and what of their bytes lay in files of their own. */
  removed: BlobAmount;
  /** Files without a row. */
  leftovers: BlobAmount;
  /** Packs of which less than half was needed; what is needed of them was copied together. */
  rewritten: BlobAmount;
  /** Packs that went. */
  packs: BlobAmount;
  /** Packs that could not be rewritten because of damaged blobs; the check says which. */
  damaged_packs: string[];
  /** Whether admissions kept it from removing everything; the next collection does. */
  deferred: boolean;
}

/** A report with nothing in it yet. */
export function emptyReport(dry_run: boolean, asOf: Date, grace_hours: number): CollectReport {
  const none = () => ({ count: 0, bytes: 0 });
  return {
    dry_run,
    as_of: asOf.toISOString(),
    grace_hours,
    channels: [],
    publications: 0,
    entries: 0,
    monolith: 0,
    facts: 0,
    needed_files: 0,
    source_shard: 0,
    source_list: 0,
    record_companion: 0,
    project_list: 0,
    blobs: 0,
    needed: 0,
    condemned: none(),
    removed: none(),
    leftovers: none(),
    rewritten: none(),
    packs: none(),
    damaged_packs: [],
    deferred: false,
  };
}

/** Add an amount to another. */
export function add(to: BlobAmount, { count, bytes }: BlobAmount): void {
  to.count += count;
  to.bytes += bytes;
}
