import { z } from 'zod';
import { defineJob } from './job.ts';

/** Far longer than anybody pauses while sending or fetching a file: those are given up after minutes. */
const SILENT_MS = 60 * 60 * 1000;

/** Removes temporary files that killed processes left in the blob store. Runs every hour. */
export const sweepTemp = defineJob(z.unknown(), async (_, { rooms, log }) => {
  const swept = await rooms.storage.sweepTemp(SILENT_MS, rooms.now().getTime());
  if (swept.files > 0) log.info(swept, 'leftover temporary files removed');
});
