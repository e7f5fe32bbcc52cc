import { beginMaintenance } from '@sluice/registry';
import { z } from 'zod';
import { defineJob } from './job.ts';

/** Begins a collection, unless one is under way. Runs every night. */
export const beginCollection = defineJob(z.unknown(), async (_, { rooms, log }) => {
  const { run, begun } = await beginMaintenance(rooms, { kind: 'collect', options: { dry_run: false } }, 'system');
  log.info({ id: run.id, begun }, 'nightly collection');
});
