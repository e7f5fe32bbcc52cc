import type { BundleRow } from '@sluice/catalog';
import type { BundleDefinition, BundledChannel } from './definition.ts';

/** What is done of a bundle that is made, in this order; when the listing finds files that are not here, they are fetched, and it begins again. */
export type OutStage = 'attach' | 'list' | 'fetch' | 'plan' | 'write';

/** A file that is carried as it is. `sha256` hex. */
export interface Attached {
  name: string;
  sha256: string;
  bytes: number;
}

/** Where the work on a bundle that is made stands; saved after each piece. */
export interface OutPlace {
  stage: OutStage;
  channels: BundledChannel[];
  /** The bundle it builds on. */
  base?: string;
  attached?: Attached[];
  /** What could be had was fetched. */
  fetched?: boolean;
  /** Files of that channel and part up to this one are here. */
  at?: { channel: number; part: string; after: string };
  /** Digests (hex) of the listing and of the contents. */
  listing?: string;
  contents?: string;
  parts?: number;
}

/** A file that could not be had from its upstream, and why. */
export interface MissingFile {
  channel: string;
  file: string;
  code: string;
  message: string;
}

/** What is told of a bundle that is made. Bytes and counts. */
export interface OutReport {
  /** Of the listing, so far. */
  files: number;
  files_total: number;
  bytes: number;
  /** Brought in from upstreams for this bundle. */
  fetched: number;
  fetched_bytes: number;
  /** Left out since their upstreams do not have them as their records say; the first hundred are named. */
  missing: number;
  missing_files: MissingFile[];
  /** What the bundle says against its base: lines that are new or other, and lines that go. */
  changed: number;
  removed: number;
  /** What it carries. */
  blobs: number;
  blob_bytes: number;
  parts: number;
  parts_done: number;
  bytes_total: number;
  bytes_written: number;
}

const nothing: OutReport = {
  files: 0,
  files_total: 0,
  bytes: 0,
  fetched: 0,
  fetched_bytes: 0,
  missing: 0,
  missing_files: [],
  changed: 0,
  removed: 0,
  blobs: 0,
  blob_bytes: 0,
  parts: 0,
  parts_done: 0,
  bytes_total: 0,
  bytes_written: 0,
};

/** What a row says of the work on a bundle that is made here. */
export function outWork(row: BundleRow): { definition: BundleDefinition; place: OutPlace; report: OutReport } {
  return {
    definition: row.definition as unknown as BundleDefinition,
    place: row.place as unknown as OutPlace,
    report: { ...nothing, ...(row.report as Partial<OutReport>) },
  };
}
