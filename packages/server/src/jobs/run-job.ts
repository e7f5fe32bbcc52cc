import { isConnectionLoss, parkJob } from '@sluice/catalog';
import type { JobHelpers, Task } from 'graphile-worker';
import type { Rooms } from '../compose.ts';
import type { Job } from './job.ts';

/**
 * A job as graphile-worker runs it. The one place that translates what a job throws: what may pass by itself is tried
 * again later, everything else parks the job where somebody can look at it. Logged once, here.
 */
export function runJob(name: string, job: Job, rooms: Rooms): Task {
  return async (payload, helpers: JobHelpers) => {
    const { id, attempts } = helpers.job;
    const log = rooms.log.child({ job: name, job_id: id, attempt: attempts });
    const begun = performance.now();
    try {
      await job.run(payload, { rooms, log, signal: helpers.abortSignal });
      log.debug({ ms: Math.round(performance.now() - begun) }, 'job done');
    } catch (error) {
      const again = mayPass(error) || helpers.abortSignal.aborted;
      log[again ? 'warn' : 'error'](
        { error },
        again ? 'job failed; it will be tried again' : 'job failed; it is parked',
      );
      if (!again) await parkJob(rooms.db, id);
      throw error;
    }
  };
}

/** Whether trying again could help: the error says so itself, or the database was away. */
function mayPass(error: unknown): boolean {
  if (isConnectionLoss(error)) return true;
  return error instanceof Error && 'transient' in error && error.transient === true;
}
