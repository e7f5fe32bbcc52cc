import { deleteOldSessions } from '@sluice/catalog';
import { z } from 'zod';
import { defineJob } from './job.ts';

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** Forgets sessions that have been over for 30 days. Runs every night. */
export const sweepSessions = defineJob(z.unknown(), async (_, { rooms, log }) => {
  const deleted = await deleteOldSessions(rooms.db, new Date(rooms.now().getTime() - KEPT_MS));
  log.info({ deleted }, 'old sessions forgotten');
});
