import type { MaintenanceDeps } from '../deps.ts';
import type { DigestMarks } from './digest-marks.ts';
import type { CollectReport } from './report.ts';

/** What the stages of a collection share. */
export interface Collection {
  deps: MaintenanceDeps;
  report: CollectReport;
  dryRun: boolean;
  /** The time it goes by: that of its begin, however long it takes. */
  asOf: Date;
  /** What came or was condemned at this time or before has had its grace. */
  due: Date;
  /** The heads when marking began, by channel number; what moved since is looked at again. */
  heads: Record<string, number>;
  /** Packs of which too little is needed. */
  sparse: { id: string; size: number }[];
  /** The blobs that had their grace, and which of them are needed. */
  marks: () => Promise<DigestMarks>;
}
