/** What to check: one channel, or everything; `deep` reads every byte instead of asking for sizes. */
export interface CheckOptions {
  channel?: string;
  deep: boolean;
}

/** What can be wrong. */
export type FindingCode =
  | 'blob_missing'
  | 'blob_damaged'
  | 'file_unknown'
  | 'pack_unknown'
  | 'head_number'
  | 'monolith_number'
  | 'entry_interval'
  | 'index_differs'
  | 'index_missing'
  | 'shard_differs'
  | 'monolith_differs'
  | 'monolith_missing'
  | 'mirror_ahead'
  | 'record_twice'
  | 'record_lost'
  | 'stray_rows'
  | 'audit_broken';

/** One thing that is wrong, or, as a `notice`, that will be put right by itself. */
export interface Finding {
  code: FindingCode;
  severity: 'error' | 'notice';
  channel: string | null;
  /** What it is about: a digest, a key, a file. */
  subject: string;
  message: string;
  /** What to do about it. */
  remedy: string;
}

/** What a check has looked at and found. */
export interface CheckReport {
  channel: string | null;
  deep: boolean;
  blobs: number;
  files: number;
  channels: number;
  entries: number;
  errors: number;
  notices: number;
  /** The first of them; the numbers above count all. */
  findings: Finding[];
}

const mostFindings = 500;

/** A report with nothing in it yet. */
export function emptyReport({ channel, deep }: CheckOptions): CheckReport {
  return {
    channel: channel ?? null,
    deep,
    blobs: 0,
    files: 0,
    channels: 0,
    entries: 0,
    errors: 0,
    notices: 0,
    findings: [],
  };
}

/** Write down what was found. */
export function note(report: CheckReport, finding: Finding): void {
  report[finding.severity === 'error' ? 'errors' : 'notices']++;
  if (report.findings.length < mostFindings) report.findings.push(finding);
}
