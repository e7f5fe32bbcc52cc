import { enqueueOldMonolith } from '@sluice/catalog';
import { writeMonolith } from '@sluice/publish';
import { z } from 'zod';
import { defineJob } from './job.ts';

/** Until a channel whose documents are being written is tried again. */
const BUSY_MS = 500;

/** Writes the documents of an older publication, which somebody asked for. */
export const buildMonolith = defineJob(
  z.object({ channel_id: z.int(), no: z.int() }),
  async ({ channel_id, no }, { rooms, log }) => {
    const outcome = await writeMonolith(rooms, channel_id, no);
    log[outcome.status === 'written' ? 'info' : 'debug']({ channel_id, no, ...outcome }, 'older documents');
    if (outcome.status === 'busy') {
      await enqueueOldMonolith(rooms.db, channel_id, no, new Date(Date.now() + BUSY_MS));
    }
  },
);
