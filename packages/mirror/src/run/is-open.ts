import type { RunRow } from '@sluice/catalog';

/** Is there a run, and is it not over? */
export function isOpen(run: RunRow | undefined): run is RunRow {
  return run !== undefined && ['pending', 'running', 'stopping'].includes(run.state);
}
