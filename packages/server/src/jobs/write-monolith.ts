import { restMonolith } from '@sluice/catalog';
import { z } from 'zod';
import { catchUp } from './follow-head.ts';
import { defineJob } from './job.ts';

/** The longest that the documents of a channel rest between two writings. */
const longestRest_ms = 5000;

/**
 * Brings the documents of a large channel up to its head. Afterwards they rest for half as long as that took, so that a
 * channel that changes all the time leaves one worker a third of its time; what changed meanwhile comes in one go.
 */
export const writeMonolith = defineJob(z.object({ channel_id: z.int() }), async ({ channel_id }, { rooms, log }) => {
  const begun = performance.now();
  const { status } = await catchUp(rooms, channel_id, log);
  if (status !== 'written') return;
  const rest_ms = Math.min((performance.now() - begun) / 2, longestRest_ms);
  await restMonolith(rooms.db, channel_id, new Date(Date.now() + rest_ms));
});
