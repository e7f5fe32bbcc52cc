import { lostRecords } from '@sluice/publish';
import { type MaintenanceDeps, maintenanceSlice as work } from '@sluice/registry';
import { z } from 'zod';
import { defineJob } from './job.ts';

/** It ends at the first piece after that; a piece takes a few seconds. */
const BUDGET_MS = 45_000;

/** Works on a collection or a check for less than a minute; it queues its own next slice. */
export const maintenanceSlice = defineJob(z.object({ id: z.uuid() }), async ({ id }, { rooms, log, signal }) => {
  const deps: MaintenanceDeps = { ...rooms, lostRecords: (part) => lostRecords(rooms, part) };
  const end = await work(deps, id, { budget_ms: BUDGET_MS, signal });
  if (end.status === 'failed') log.error({ id, error: end.error }, 'maintenance failed');
  else log.info({ id, end: end.status }, 'maintenance worked on');
});
