import type { MirrorMode, RunStage, RunState } from './tables.ts';

/**
 * Where a run stands. `publishing` is shown as `running`: everything is in, nobody holds the run, and it waits for a
 * publication of its channel and the documents of that.
 */
export type RunPhase = RunState | 'publishing';

/**
 * What happens to a run.
 *
 *     claim      a worker takes it, to work on it or, when it is to be stopped, to end it
 *     stop       somebody asks it to stop
 *     halt       whoever holds it, or finds it without a holder, does what was asked
 *     hand_over  everything is in; a stop that comes in the same moment has come too late
 *     complete   its publication is out, with the documents
 *     fail       it cannot go on
 */
export type RunEvent = 'claim' | 'stop' | 'halt' | 'hand_over' | 'complete' | 'fail';

/** The whole machine: what each event makes of a run, and, by what is left out, where it is refused. */
export const runTransitions = {
  claim: { pending: 'running', running: 'running', stopping: 'stopping' },
  stop: { pending: 'stopping', running: 'stopping', stopping: 'stopping', publishing: 'stopped' },
  halt: { stopping: 'stopped' },
  hand_over: { running: 'publishing', stopping: 'publishing' },
  complete: { publishing: 'completed' },
  fail: { running: 'failed', stopping: 'failed', publishing: 'failed' },
} as const satisfies Record<RunEvent, Partial<Record<RunPhase, RunPhase>>>;

/** What an event makes of a run; undefined where it is refused. @see product.md MI-06 */
export function runAfter(phase: RunPhase, event: RunEvent): RunPhase | undefined {
  const to: Partial<Record<RunPhase, RunPhase>> = runTransitions[event];
  return to[phase];
}

/** States in which a run is not over: those that some event leaves. At most one run of a mirror is in one of them. */
export const openStates = ['pending', 'running', 'stopping'] as const satisfies RunState[];

/** Is there a run, and is it not over? */
export function isOpenRun<R extends { state: RunState }>(run: R | undefined): run is R {
  return run !== undefined && (openStates as readonly RunState[]).includes(run.state);
}

/** The steps of a run after those that read the indexes. */
const laterSteps: Record<MirrorMode, readonly RunStage[]> = {
  active: ['plan', 'download', 'publish'],
  passive: ['plan', 'publish'],
};

/** How many steps a run has that reads so many indexes, one a step. */
export function stepsOf(mode: MirrorMode, indexes: number): number {
  return indexes + laterSteps[mode].length;
}

/** The number of the step of a stage, of so many; of `refresh`, of its last one. It never falls while a run goes on. */
export function stepOf(stage: RunStage, mode: MirrorMode, steps: number): number {
  const later = laterSteps[mode];
  return steps - later.length + later.indexOf(stage) + 1;
}

/** The stage that follows. Only an active mirror that lacks files downloads. */
export function stageAfter(stage: RunStage, missingFiles: number): RunStage {
  if (stage === 'refresh') return 'plan';
  return stage === 'plan' && missingFiles > 0 ? 'download' : 'publish';
}
