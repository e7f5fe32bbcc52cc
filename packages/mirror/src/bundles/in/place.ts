import type { BundleRow } from '@sluice/catalog';

/** What is done of a bundle that comes in, in this order. Until `show`, nobody sees anything of it. */
export const inStages = ['parts', 'list', 'records', 'show', 'files'] as const;
export type InStage = (typeof inStages)[number];

/** What the manifests of all its parts say alike, and where it came from. Digests in hex. */
export interface ImportDefinition {
  parts: number;
  created: string;
  state: string;
  contents: string;
  /** A path of the server, the watched folder, or sent over REST. */
  from: string;
}

/** A channel of the bundle, and the revision of its source that is to be shown. */
export interface ImportedChannel {
  path: string;
  source_id: number;
  revision: number;
  /** Whether the source held what the last import showed when this one began: then untouched parts need no look. */
  at_rest: boolean;
}

/** Where the work on a bundle that comes in stands; saved after each piece. */
export interface InPlace {
  stage: InStage;
  /** The import that it builds on. */
  base?: string;
  /** Digest of the stored listing. */
  listing?: string;
  /** Channels and parts that changed against the base; null: all. */
  touched?: string[] | null;
  /** The channel and part whose records came in last. */
  after?: [channel: string, part: string];
  channels?: ImportedChannel[];
}

/** What is told of a bundle that comes in. Bytes and counts. */
export interface InReport {
  parts: number;
  parts_done: number;
  bytes_total: number;
  /** Read and verified; and passed over, since their blobs are here. */
  bytes_read: number;
  bytes_known: number;
  files: number;
  added: number;
  changed: number;
  removed: number;
  /** What people should know of how it came in. */
  notes: string[];
}

const nothing: InReport = {
  parts: 0,
  parts_done: 0,
  bytes_total: 0,
  bytes_read: 0,
  bytes_known: 0,
  files: 0,
  added: 0,
  changed: 0,
  removed: 0,
  notes: [],
};

/** What a row says of the work on a bundle that comes in. */
export function inWork(row: BundleRow): { definition: ImportDefinition; place: InPlace; report: InReport } {
  const { stage = 'parts', ...place } = row.place as Partial<InPlace>;
  return {
    definition: row.definition as unknown as ImportDefinition,
    place: { stage, ...place },
    report: { ...nothing, ...(row.report as Partial<InReport>) },
  };
}
