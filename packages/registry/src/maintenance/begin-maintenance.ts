import { insertMaintenance, type MaintenanceRow, openMaintenance, recordEvent } from '@sluice/catalog';
import type { CheckOptions } from './check/report.ts';
import type { CollectOptions } from './collect/report.ts';
import type { MaintenanceDeps } from './deps.ts';
import { enqueueSlice } from './run-slice.ts';

/** What is to be done: a collection of what nothing needs, or a check. */
export type MaintenanceWish = { kind: 'collect'; options: CollectOptions } | { kind: 'check'; options: CheckOptions };

/**
 * Begin a collection or a check. Where one of the kind is under way, that one goes on instead: `begun` is false.
 *
 * @param actor who asks, for the audit; `system` for the clock.
 */
export async function beginMaintenance(
  deps: Pick<MaintenanceDeps, 'db' | 'now' | 'newId'>,
  { kind, options }: MaintenanceWish,
  actor: string,
): Promise<{ run: MaintenanceRow; begun: boolean }> {
  return deps.db.transaction().execute(async (trx) => {
    const now = deps.now();
    const run = await insertMaintenance(trx, { id: deps.newId(), kind, options: { ...options }, actor }, now);
    if (!run) {
      const open = (await openMaintenance(trx, kind))!;
      // Should its job be lost, this brings it back.
      await enqueueSlice(trx, open.id);
      return { run: open, begun: false };
    }
    await recordEvent(trx, { at: now, actor, action: `${kind}_begun`, subject: run.id, data: { ...options } });
    await enqueueSlice(trx, run.id);
    return { run, begun: true };
  });
}
