import { enqueuePublication, type LayerState } from '@sluice/catalog';
import { publishingRuns } from '@sluice/mirror';
import { joinCauses, publishChannel as publish } from '@sluice/publish';
import { neededFiles } from '@sluice/registry';
import { z } from 'zod';
import { collectIfMuch } from '../collect-garbage.ts';
import { followHead } from './follow-head.ts';
import { defineJob } from './job.ts';

/** Until a channel that is being published is tried again. */
const BUSY_MS = 500;

/** Between two publications of a channel: the first change after quiet is shown at once, what follows is gathered. */
const SPACING_MS = 1000;

const payload = z.object({
  channel_id: z.int(),
  causes: z.array(z.object({ text: z.string(), actor: z.string().nullable() })).default([]),
});

/** Brings a channel's head up to date and has its documents follow; mirror runs that waited for both are then complete. */
export const publishChannel = defineJob(payload, async ({ channel_id, causes }, { rooms, log }) => {
  const { cause, actor } = joinCauses(causes);
  let again = new Date(Date.now() + BUSY_MS);
  const outcome = await publishingRuns(rooms, channel_id, async () => {
    const deps = { ...rooms, neededFiles: (layer: LayerState) => neededFiles(rooms, layer), onJudged: collectIfMuch };
    const tried = await publish(deps, channel_id, cause, { actor, spacing_ms: SPACING_MS });
    if (tried.status === 'early') again = tried.until;
    return tried.status === 'busy' || tried.status === 'early' ? undefined : tried;
  });
  if (outcome === undefined) return enqueuePublication(rooms.db, channel_id, causes, again);
  for (const shard of outcome.status === 'published' ? outcome.oversized : []) {
    log.warn({ channel_id, shard }, 'conda before 26.7 refuses this shard: it is 16 MiB or more before compression');
  }
  log[outcome.status === 'published' ? 'info' : 'debug']({ channel_id, ...outcome }, 'publication');
  await followHead(rooms, channel_id, log);
});
