import { hostname } from 'node:os';
import { runSlice as work } from '@sluice/mirror';
import { type Facts, handOnFacts } from '@sluice/policy';
import { z } from 'zod';
import { collectIfMuch } from '../collect-garbage.ts';
import { defineJob } from './job.ts';

/** A publication follows a run in a second or two. Where none does, or a frozen channel's, memory is given back. */
const HAND_ON_MS = 5_000;

const handOn = (facts: Facts) => void setTimeout(handOnFacts(facts), HAND_ON_MS).unref();

/** Works on a mirror run for at most a minute; it queues its own next slice. */
export const runSlice = defineJob(z.object({ run_id: z.uuid() }), async ({ run_id }, { rooms, log, signal }) => {
  const deps = { ...rooms.mirroring, handOn, onRefreshed: collectIfMuch };
  const end = await work(deps, run_id, { worker: `${hostname()}:${process.pid}`, signal });
  if (end === 'fenced_out')
    log.warn({ run_id, end }, 'fenced out of a mirror run: its lease was lost, nothing more is written');
  else log.info({ run_id, end }, 'mirror run worked on');
});
