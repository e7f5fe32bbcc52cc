import { hostname } from 'node:os';
import { runSlice as work } from '@sluice/mirror';
import { z } from 'zod';
import { defineJob } from './job.ts';

/** Works on a mirror run for at most a minute; it queues its own next slice. */
export const runSlice = defineJob(z.object({ run_id: z.uuid() }), async ({ run_id }, { rooms, log, signal }) => {
  const end = await work(rooms.mirroring, run_id, { worker: `${hostname()}:${process.pid}`, signal });
  if (end === 'fenced_out')
    log.warn({ run_id, end }, 'fenced out of a mirror run: its lease was lost, nothing more is written');
  else log.info({ run_id, end }, 'mirror run worked on');
});
