import { type BundleChange, type BundleRow, type Db, noteBundleReport, saveBundle } from '@sluice/catalog';
import type { BundleDeps } from '../deps.ts';
import { WorkGone } from '../work-gone.ts';
import type { BundleDefinition } from './definition.ts';
import { type OutPlace, type OutReport, outWork } from './place.ts';
import type { PartPlan } from './plan-parts.ts';

/** A bundle that is being made, as its stages see it. They change `place` and `report` and save them. */
export interface OutWork {
  deps: BundleDeps;
  row: BundleRow;
  definition: BundleDefinition;
  place: OutPlace;
  report: OutReport;
  signal: AbortSignal | undefined;
  /** Once it was made in this slice. */
  plan?: PartPlan;
  /** Once a listing was continued in this slice: blobs (hex) of its contents that its base names, too. */
  known?: ReadonlySet<string> | undefined;
  /** Whether the slice has lasted long enough. */
  isLate(): boolean;
  /**
   * Save where the work stands, with what else changes. `first` comes before that in the same transaction, `alongside` behind it.
   *
   * @throws {WorkGone}
   */
  save(
    change?: Omit<BundleChange, 'place' | 'report'>,
    alongside?: (trx: Db) => Promise<void>,
    first?: (trx: Db) => Promise<void>,
  ): Promise<void>;
  /** Called often while a piece is worked on: tells how far it is, about once a second. @throws {WorkGone} when it was stopped. */
  tick(): Promise<void>;
}

const tickMs = 1000;

/** Take up a bundle where it stands. */
export function openWork(
  deps: BundleDeps,
  row: BundleRow,
  { budget_ms, signal }: { budget_ms: number; signal?: AbortSignal },
): OutWork {
  const begun = performance.now();
  let { step } = row;
  let told = performance.now();
  const work: OutWork = {
    deps,
    row,
    ...outWork(row),
    signal,
    isLate: () => performance.now() - begun > budget_ms,
    async save(change = {}, alongside, first) {
      const { place, report } = work;
      const change_ = { state: 'running', ...change, place: { ...place }, report: { ...report } } as const;
      await deps.db.transaction().execute(async (trx) => {
        await first?.(trx);
        if (!(await saveBundle(trx, { id: row.id, step }, change_, deps.now()))) throw new WorkGone();
        await alongside?.(trx);
      });
      step++;
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
