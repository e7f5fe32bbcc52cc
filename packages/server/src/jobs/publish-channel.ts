import { enqueuePublication } from '@sluice/catalog';
import { publishingRuns } from '@sluice/mirror';
import { publishChannel as publish } from '@sluice/publish';
import { neededNoarch } from '@sluice/registry';
import { z } from 'zod';
import { followHead } from './follow-head.ts';
import { defineJob } from './job.ts';

/** Until a channel that is being published is tried again. */
const BUSY_MS = 500;

/** Brings a channel's head up to date and has its documents follow; mirror runs that waited for both are then complete. */
export const publishChannel = defineJob(z.object({ channel_id: z.int() }), async ({ channel_id }, { rooms, log }) => {
  const outcome = await publishingRuns(rooms, channel_id, async () => {
    const tried = await publish(
      { ...rooms, neededNoarch: (layer) => neededNoarch(rooms, layer) },
      channel_id,
      'change',
    );
    return tried.status === 'busy' ? undefined : tried;
  });
  if (outcome === undefined) return enqueuePublication(rooms.db, channel_id, new Date(Date.now() + BUSY_MS));
  log[outcome.status === 'published' ? 'info' : 'debug']({ channel_id, ...outcome }, 'publication');
  await followHead(rooms, channel_id, log);
});
