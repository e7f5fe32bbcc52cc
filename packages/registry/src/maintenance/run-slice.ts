import {
  type Db,
  enqueue,
  findMaintenance,
  isConnectionLoss,
  type MaintenanceRow,
  maintenanceMarks,
  saveMaintenance,
} from '@sluice/catalog';
import { openCheck } from './check/open-check.ts';
import { openCollection } from './collect/open-collection.ts';
import type { MaintenanceDeps, Work } from './deps.ts';

/** How a slice ended. `gone`: it was over before, or another worker does it. */
export type SliceEnd = { status: 'again' | 'completed' | 'gone' } | { status: 'failed'; error: unknown };

export interface SliceOptions {
  /** Work on no new piece after so long. */
  budget_ms: number;
  signal?: AbortSignal;
}

/**
 * Work on a collection or a check for a while, and queue the next slice. What was done is saved with its place; after a
 * crash the pieces since the last save are done again, which changes nothing.
 */
export async function maintenanceSlice(deps: MaintenanceDeps, id: string, options: SliceOptions): Promise<SliceEnd> {
  const run = await findMaintenance(deps.db, id);
  if (!run || run.finished_at !== null) return { status: 'gone' };
  try {
    const marks = await maintenanceMarks(deps.db, id);
    const open = run.kind === 'collect' ? openCollection : openCheck;
    const work = await open(deps, run, marks ?? undefined);
    return await proceed(deps, run, work, options);
  } catch (error) {
    // These pass, and the job is tried again.
    if (isConnectionLoss(error) || options.signal?.aborted) throw error;
    const error_text = error instanceof Error ? error.message : String(error);
    const { step, place, report } = (await findMaintenance(deps.db, id)) ?? run;
    await saveMaintenance(deps.db, { id, step }, { place, report, end: { error_text } }, deps.now());
    return { status: 'failed', error };
  }
}

async function proceed(
  deps: MaintenanceDeps,
  run: MaintenanceRow,
  work: Work,
  { budget_ms, signal }: SliceOptions,
): Promise<SliceEnd> {
  const begun = performance.now();
  let { stage, at } = placeOf(run);
  let index = Math.max(
    0,
    work.stages.findIndex(([name]) => name === stage),
  );
  while (index < work.stages.length) {
    signal?.throwIfAborted();
    const [, doPiece] = work.stages[index]!;
    at = await doPiece(at as never);
    if (at === undefined) index++;
    if (performance.now() - begun > budget_ms) break;
  }
  const isOver = index === work.stages.length;
  stage = work.stages[index]?.[0] ?? '';
  const marks = work.marks?.();
  const saved = await deps.db.transaction().execute(async (trx: Db) => {
    const mine = await saveMaintenance(
      trx,
      run,
      {
        place: { stage, ...(at === undefined ? {} : { at }), done: index, stages: work.stages.length },
        report: { ...work.report },
        ...(marks && { marks }),
        ...(isOver && { end: { error_text: null } }),
      },
      deps.now(),
    );
    if (!mine) return false;
    if (isOver) await work.finish?.(trx);
    else await enqueueSlice(trx, run.id);
    return true;
  });
  if (!saved) return { status: 'gone' };
  return { status: isOver ? 'completed' : 'again' };
}

function placeOf(run: MaintenanceRow): { stage: string; at: unknown } {
  const { stage = '', at } = run.place as { stage?: string; at?: unknown };
  return { stage, at };
}

/** Queue the next slice of a run. */
export function enqueueSlice(db: Db, id: string): Promise<void> {
  return enqueue(db, 'maintenance-slice', { id }, { key: `maintenance:${id}` });
}
