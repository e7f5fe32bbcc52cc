import { bundleSlice as work } from '@sluice/mirror';
import { z } from 'zod';
import { defineJob } from './job.ts';

/** It begins no new piece after that; a piece takes seconds, or as long as one part of a bundle. */
const BUDGET_MS = 45_000;

/** Works on a bundle, in or out, for about a minute; it queues its own next slice. */
export const bundleSlice = defineJob(z.object({ id: z.uuid() }), async ({ id }, { rooms, log, signal }) => {
  const end = await work(rooms.bundling, id, { budget_ms: BUDGET_MS, signal });
  if (end.status === 'failed') log.error({ id, error: end.error }, 'bundle failed');
  else log.info({ id, end: end.status }, 'bundle worked on');
});
