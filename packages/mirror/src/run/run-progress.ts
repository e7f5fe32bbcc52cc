import type { RunRow } from '@sluice/catalog';

/** How far the newest run of a mirror is with the bytes of files, and how fast. */
export interface RunProgressInfo {
  /** Of the files that were not here when it began; 0 for a run that fetches none. */
  bytes_done: number;
  bytes_total: number;
  /** Of all that it reads from its upstream, over the last seconds. */
  bytes_per_second: number;
  /** Until the end of the current step; null when that cannot be told. */
  seconds_left: number | null;
}

/** What a run's row says of its bytes. Undefined row: a mirror that has never run. */
export function runProgress(run: RunRow | undefined): RunProgressInfo {
  const goesOn = run?.state === 'running';
  return {
    bytes_done: run?.bytes_done ?? 0,
    bytes_total: run?.bytes_total ?? 0,
    bytes_per_second: goesOn ? run.bytes_rate : 0,
    seconds_left: goesOn ? run.seconds_left : null,
  };
}

/** What comes after a run that did not complete, for people; null while one goes on, and after one that did. */
export function whatNext(run: RunRow | undefined, nextRunAt: Date | null): string | null {
  if (run?.state !== 'stopped' && run?.state !== 'failed') return null;
  const byItself = nextRunAt
    ? `It runs again by itself at ${nextRunAt.toISOString()}.`
    : 'Nothing will happen by itself: run it again.';
  return `What was published before stays, and what is local is not fetched again. ${byItself}`;
}
