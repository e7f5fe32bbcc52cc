import { publishingRuns } from '@sluice/mirror';
import { publishChannel as publish } from '@sluice/publish';
import { z } from 'zod';
import { defineJob } from './job.ts';

/** Brings a channel's head up to date; the mirror runs that waited for that are then complete. */
export const publishChannel = defineJob(z.object({ channel_id: z.int() }), async ({ channel_id }, { rooms, log }) => {
  const outcome = await publishingRuns(rooms, channel_id, () => publish(rooms, channel_id, 'change'));
  log[outcome.status === 'published' ? 'info' : 'debug']({ channel_id, ...outcome }, 'publication');
});
