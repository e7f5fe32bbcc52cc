import { enqueue, findChannelById, type LayerState, recordEvent } from '@sluice/catalog';
import { publishChannel } from '@sluice/publish';
import { neededFiles } from '@sluice/registry';
import { z } from 'zod';
import { followHead } from './follow-head.ts';
import { defineJob } from './job.ts';

/** Until a channel that is being published is tried again. */
const BUSY_MS = 500;

const payload = z.object({ channel_id: z.int(), actor: z.string() });

/** Judges a channel by its records alone and makes all of its index anew; says in the history what differed. */
export const reindexChannel = defineJob(payload, async ({ channel_id, actor }, { rooms, log }) => {
  const deps = { ...rooms, neededFiles: (layer: LayerState) => neededFiles(rooms, layer) };
  const outcome = await publishChannel(deps, channel_id, 'reindex', { from: 'scratch', actor });
  if (outcome.status === 'busy' || outcome.status === 'early') {
    const runAt = outcome.status === 'early' ? outcome.until : new Date(Date.now() + BUSY_MS);
    return enqueue(rooms.db, 'reindex-channel', { channel_id, actor }, { key: `reindex:${channel_id}`, runAt });
  }
  log.info({ channel_id, ...outcome }, 'reindexed');
  const channel = await findChannelById(rooms.db, channel_id);
  if (!channel) return;
  await recordEvent(rooms.db, {
    at: rooms.now(),
    actor,
    action: 'channel_reindexed',
    channel: channel.path,
    subject: channel.path,
    data: outcome.status === 'published' ? { ...outcome } : { status: outcome.status },
  });
  await followHead(rooms, channel_id, log);
});
