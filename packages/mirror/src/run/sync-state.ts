import type { RunRow } from '@sluice/catalog';
import { countsOf, type RunCounts } from './run-counts.ts';

/** Progress and result of a run with the wire names of product.md MI-05. Every key is always there. */
export interface SyncState {
  /** The file dealt with last, such as `linux-64/a-1.0-0.conda`. */
  last_ckey: string | null;
  /** Why the run failed, without secrets. */
  last_exception: string | null;
  total_steps_count: number;
  current_step_number: number;
  /** 0 to 100 */
  current_step_percentage: number;
  current_step_description: string;
  count: RunCounts;
}

/** What a run's row says, for people and clients. Undefined row: a mirror that has never run. */
export function syncState(run: RunRow | undefined): SyncState {
  return {
    last_ckey: run?.last_key ?? null,
    last_exception: run?.error_text ?? null,
    total_steps_count: run?.steps ?? 0,
    current_step_number: run?.step ?? 0,
    current_step_percentage: run ? percentage(run) : 0,
    current_step_description: run?.step_text ?? '',
    count: countsOf(run?.counts ?? {}),
  };
}

function percentage(run: RunRow): number {
  if (run.state === 'completed') return 100;
  if (run.stage === 'download' && run.bytes_total > 0)
    return Math.min(100, Math.floor((run.bytes_done / run.bytes_total) * 100));
  if (run.step_total <= 0) return 0;
  return Math.max(0, Math.min(100, Math.floor((run.step_done / run.step_total) * 100)));
}
