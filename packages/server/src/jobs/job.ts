import type { z } from 'zod';
import type { Rooms } from '../compose.ts';
import type { Log } from '../log.ts';

/** What a running job has beside its payload. */
export interface JobContext {
  rooms: Rooms;
  log: Log;
  /** Aborted when the process stops and has waited 5 s: end where it is safe, and throw. */
  signal: AbortSignal;
}

/** A kind of job. It may run twice, or again after half of it was done: it must be idempotent. Slices last ≤ 60 s. */
export interface Job {
  /** Checks a payload and runs it. */
  run(payload: unknown, context: JobContext): Promise<void>;
}

/**
 * Define a kind of job. Its name is the name of its file.
 *
 * @param payload what `enqueue` was given; anything else parks the job.
 */
export function defineJob<S extends z.ZodType>(
  payload: S,
  run: (payload: z.output<S>, context: JobContext) => Promise<void>,
): Job {
  return { run: async (given, context) => run(payload.parse(given), context) };
}
