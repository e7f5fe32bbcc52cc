import {
  type BundleChange,
  type BundleRow,
  type Db,
  holdBundle,
  lockImportsOf,
  noteBundleReport,
  saveBundle,
} from '@sluice/catalog';
import type { BundleDeps } from '../deps.ts';
import { WorkGone } from '../work-gone.ts';
import { type ImportDefinition, type InPlace, type InReport, inWork } from './place.ts';

/** A bundle that comes in, as its stages see it. They change `place` and `report` and save them. */
export interface InWork {
  deps: BundleDeps;
  row: BundleRow;
  definition: ImportDefinition;
  place: InPlace;
  report: InReport;
  signal: AbortSignal | undefined;
  /** Whether the slice has lasted long enough. */
  isLate(): boolean;
  /**
   * Save where the work stands, with what else changes.
   *
   * @param alone whether no other import of the series may begin or end meanwhile.
   * @throws {WorkGone}
   */
  save(change?: InChange, alongside?: (trx: Db) => Promise<void>, alone?: 'alone'): Promise<void>;
  /** Last in a transaction: it may commit. @throws {WorkGone} when the bundle was stopped, or is somebody else's. */
  guard(trx: Db): Promise<void>;
  /** Called often: tells how far it is, about once a second. @throws {WorkGone} when it was stopped. */
  tick(): Promise<void>;
}

/** What a save may change beside place and report; asked for when nobody else can change the series any more. */
type InChange = Omit<BundleChange, 'place' | 'report'>;

const tickMs = 1000;

/** Take up a bundle where it stands. */
export function openInWork(
  deps: BundleDeps,
  row: BundleRow,
  { budget_ms, signal }: { budget_ms: number; signal?: AbortSignal },
): InWork {
  const begun = performance.now();
  let { step } = row;
  let told = performance.now();
  const work: InWork = {
    deps,
    row,
    ...inWork(row),
    signal,
    isLate: () => performance.now() - begun > budget_ms,
    async save(change = {}, alongside, alone) {
      const { place, report } = work;
      const all = { state: 'running', ...change, place: { ...place }, report: { ...report } } as const;
      await deps.db.transaction().execute(async (trx) => {
        // Before its row, as everybody does who touches rows of several imports.
        if (alone) await lockImportsOf(trx, { issuer: row.issuer!, series: row.series });
        if (!(await saveBundle(trx, { id: row.id, step }, all, deps.now()))) throw new WorkGone();
        await alongside?.(trx);
      });
      step++;
    },
    async guard(trx) {
      if (!(await holdBundle(trx, { id: row.id, step }))) throw new WorkGone();
    },
    async tick() {
      signal?.throwIfAborted();
      if (performance.now() - told < tickMs) return;
      told = performance.now();
      if (!(await noteBundleReport(deps.db, { id: row.id, step }, { ...work.report }))) throw new WorkGone();
    },
  };
  return work;
}
