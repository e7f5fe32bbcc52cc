import { setTimeout as pause } from 'node:timers/promises';
import { MirrorError } from '../errors.ts';
import type { RunContext } from './run-context.ts';

const mostAttempts = 3;

/** What is cut short once may come whole the next time. */
export async function patiently<T>(context: RunContext, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const { signal } = context.lease;
      signal.throwIfAborted();
      if (!(error instanceof MirrorError) || !error.transient || attempt >= mostAttempts) throw error;
      await pause(context.timings.retryPauseMs * attempt, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
