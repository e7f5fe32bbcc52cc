import type { CheckOptions, CheckReport, CollectOptions, CollectReport, MaintenanceDeps } from '../index.ts';
import { beginMaintenance, maintenanceSlice } from '../index.ts';

/** How a test drives long work. */
interface Driving {
  /** As in production unless a test wants the smallest slices. */
  budget_ms?: number;
  /** Called between slices, with their number. */
  between?: (slice: number) => Promise<unknown>;
}

async function run(deps: MaintenanceDeps, wish: Parameters<typeof beginMaintenance>[1], driving: Driving) {
  const { budget_ms = 60_000, between } = driving;
  const { run: begun } = await beginMaintenance(deps, wish, 'tester');
  for (let slice = 1; ; slice++) {
    const end = await maintenanceSlice(deps, begun.id, { budget_ms });
    if (end.status === 'failed') throw end.error;
    if (end.status !== 'again') break;
    await between?.(slice);
  }
  const row = await deps.db.selectFrom('maintenance').selectAll().where('id', '=', begun.id).executeTakeFirstOrThrow();
  return row.report;
}

/** Collect from begin to end. */
export async function collect(
  deps: MaintenanceDeps,
  options: CollectOptions = { dry_run: false },
  driving: Driving = {},
): Promise<CollectReport> {
  return (await run(deps, { kind: 'collect', options }, driving)) as unknown as CollectReport;
}

/** Check from begin to end. */
export async function check(deps: MaintenanceDeps, options: Partial<CheckOptions> = {}): Promise<CheckReport> {
  return (await run(deps, { kind: 'check', options: { deep: true, ...options } }, {})) as unknown as CheckReport;
}
