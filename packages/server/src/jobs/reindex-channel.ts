import { enqueue, findChannelById, type LayerState, recordEvent } from '@sluice/catalog';
import { mendDocuments, publishChannel } from '@sluice/publish';
import { neededFiles } from '@sluice/registry';
import { z } from 'zod';
import { followHead } from './follow-head.ts';
import { defineJob } from './job.ts';

/** Until a channel that is being published is tried again. */
const BUSY_MS = 500;

const payload = z.object({ channel_id: z.int(), actor: z.string() });

/** Judges a channel by its records alone and makes all of its index anew, bytes that were lost too; says in the history what differed. */
export const reindexChannel = defineJob(payload, async ({ channel_id, actor }, { rooms, log }) => {
  const deps = { ...rooms, neededFiles: (layer: LayerState) => neededFiles(rooms, layer) };
  const again = (runAt = new Date(Date.now() + BUSY_MS)) =>
    enqueue(rooms.db, 'reindex-channel', { channel_id, actor }, { key: `reindex:${channel_id}`, runAt });
  const outcome = await publishChannel(deps, channel_id, 'reindex', { from: 'scratch', actor });
  if (outcome.status === 'busy') return again();
  if (outcome.status === 'early') return again(outcome.until);
  log.info({ channel_id, ...outcome }, 'reindexed');
  const channel = await findChannelById(rooms.db, channel_id);
  if (!channel) return;
  const documents = await mendDocuments(rooms, channel_id);
  if (documents === 'busy') return again();
  await recordEvent(rooms.db, {
    at: rooms.now(),
    actor,
    action: 'channel_reindexed',
    channel: channel.path,
    subject: channel.path,
    data: { ...outcome, ...(documents > 0 && { documents_mended: documents }) },
  });
  await followHead(rooms, channel_id, log);
});
