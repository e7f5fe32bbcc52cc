import { type Db, holdsLease, type RunHold, renewLease, stopRequested } from '@sluice/catalog';
import type { Guard } from '@sluice/registry';
import { MirrorError } from '../errors.ts';
import type { RunTimings } from './timings.ts';

/** A worker's hold on a run while it works. */
export interface Lease {
  hold: RunHold;
  /** Aborts when the work must end: its reason is a MirrorError `fenced_out` or `run_stopped`, or the outer signal's. */
  signal: AbortSignal;
  /** The last act of every transaction of the run. @throws {MirrorError} `fenced_out`: roll back, write nothing. */
  guard: Guard;
  /** Whether the lease must have run out by our own watch, which goes on while the process is suspended. */
  isLapsed(): boolean;
  /** Stop renewing. */
  end(): void;
}

/**
 * Keep a claimed run by a heartbeat, and watch for a wish to stop it.
 *
 * A worker that was suspended past its lease finds out at its next beat or commit, whichever comes first. One that cannot
 * reach the database stops by its own watch when the lease must have lapsed.
 */
export function keepLease(db: Db, hold: RunHold, timings: RunTimings, outer?: AbortSignal): Lease {
  const own = new AbortController();
  const signal = outer ? AbortSignal.any([own.signal, outer]) : own.signal;
  let renewed = performance.now();
  let timer: NodeJS.Timeout | undefined;

  const isLapsed = () => performance.now() - renewed > timings.leaseMs;

  async function beat(): Promise<void> {
    const since = performance.now() - renewed;
    try {
      if (since >= timings.heartbeatMs) {
        const before = performance.now();
        const answer = await renewLease(db, hold, timings.leaseMs);
        if (!answer) own.abort(fencedOut());
        else renewed = before;
        if (answer?.stop_requested) own.abort(stopped());
      } else if (await stopRequested(db, hold.id)) own.abort(stopped());
    } catch {
      // The database is away for a moment; the next beat may reach it.
      if (isLapsed()) own.abort(fencedOut());
    }
  }

  function next(): void {
    timer = setTimeout(
      async () => {
        await beat();
        // A stopped worker still writes what it has; only a lost lease, or the end, ends the renewing.
        if (timer && !isFencedOut(own.signal.reason)) next();
      },
      Math.min(timings.stopPollMs, timings.heartbeatMs),
    );
  }
  next();

  return {
    hold,
    signal,
    async guard(trx) {
      if (!(await holdsLease(trx, hold))) throw fencedOut();
    },
    isLapsed,
    end() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** Whether an error says that this worker may write no more. */
export function isFencedOut(error: unknown): boolean {
  return error instanceof MirrorError && error.code === 'fenced_out';
}

/** The error of a worker whose run has gone on without it. */
export function fencedOut(): MirrorError {
  return new MirrorError(
    'fenced_out',
    'Another worker has taken this run over, or its lease ran out. Nothing more was written.',
    {
      wanted: 'the lease of the run',
      found: 'none',
    },
  );
}

function stopped(): MirrorError {
  return new MirrorError('run_stopped', 'The run was stopped by request.');
}
