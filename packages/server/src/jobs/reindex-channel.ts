import { enqueue, findChannelById, type LayerState, recordEvent } from '@sluice/catalog';
import { mendDocuments, publishChannel } from '@sluice/publish';
import { neededFiles } from '@sluice/registry';
import { z } from 'zod';
import { followHead } from './follow-head.ts';
import { defineJob } from './job.ts';

/** Until a channel that is being published is tried again. */
const BUSY_MS = 500;

const payload = z.object({
  channel_id: z.int(),
  actor: z.string(),
  /** What came of the first half, where the documents were being written just then. */
  outcome: z.looseObject({ status: z.string() }).optional(),
});

/** Judges a channel by its records alone and makes all of its index anew, bytes that were lost too; says in the history what differed. */
export const reindexChannel = defineJob(payload, async ({ channel_id, actor, outcome: known }, { rooms, log }) => {
  const deps = { ...rooms, neededFiles: (layer: LayerState) => neededFiles(rooms, layer) };
  const again = (more = {}, runAt = new Date(Date.now() + BUSY_MS)) =>
    enqueue(rooms.db, 'reindex-channel', { channel_id, actor, ...more }, { key: `reindex:${channel_id}`, runAt });
  let outcome = known;
  if (!outcome) {
    const published = await publishChannel(deps, channel_id, 'reindex', { from: 'scratch', actor });
    if (published.status === 'busy') return again();
    if (published.status === 'early') return again({}, published.until);
    log.info({ channel_id, ...published }, 'reindexed');
    outcome = { ...published };
  }
  const channel = await findChannelById(rooms.db, channel_id);
  if (!channel) return;
  const documents = await mendDocuments(rooms, channel_id);
  if (documents === 'busy') return again({ outcome });
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
