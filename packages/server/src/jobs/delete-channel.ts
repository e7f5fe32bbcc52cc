import { enqueue, removeDeletedChannel } from '@sluice/catalog';
import { z } from 'zod';
import { defineJob } from './job.ts';

/** Rows removed in one transaction, and how long one job goes on before it makes room for others. */
const PORTION = 20_000;
const SLICE_MS = 30_000;

/** Removes the rows of a channel that was deleted, a portion at a time; a large one takes several jobs. */
export const deleteChannel = defineJob(
  z.object({ channel_id: z.int() }),
  async ({ channel_id }, { rooms: { db }, signal, log }) => {
    const begun = performance.now();
    while (await removeDeletedChannel(db, channel_id, PORTION)) {
      signal.throwIfAborted();
      if (performance.now() - begun < SLICE_MS) continue;
      await enqueue(db, 'delete-channel', { channel_id }, { key: `delete:${channel_id}` });
      return;
    }
    log.info({ channel_id }, 'deleted channel removed');
  },
);
