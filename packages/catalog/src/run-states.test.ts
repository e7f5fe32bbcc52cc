import { expect, test } from 'vitest';
import {
  openStates,
  type RunEvent,
  type RunPhase,
  runAfter,
  runTransitions,
  stageAfter,
  stepOf,
  stepsOf,
} from './run-states.ts';

const phases: RunPhase[] = ['pending', 'running', 'stopping', 'publishing', 'stopped', 'completed', 'failed'];
const events: RunEvent[] = ['claim', 'stop', 'halt', 'hand_over', 'complete', 'fail'];
const no = undefined;

// One row a phase, one column an event, in the order above.
const expected: Record<RunPhase, (RunPhase | undefined)[]> = {
  pending: ['running', 'stopping', no, no, no, no],
  running: ['running', 'stopping', no, 'publishing', no, 'failed'],
  stopping: ['stopping', 'stopping', 'stopped', 'publishing', no, 'failed'],
  publishing: [no, 'stopped', no, no, 'completed', 'failed'],
  stopped: [no, no, no, no, no, no],
  completed: [no, no, no, no, no, no],
  failed: [no, no, no, no, no, no],
};

test.each(phases.flatMap((phase) => events.map((event, i) => [phase, event, expected[phase][i]] as const)))(
  'a run that is %s, on %s: %s',
  (phase, event, to) => {
    expect(runAfter(phase, event)).toBe(to);
  },
);

test('every event is in the table, and a run is open as long as some event moves it', () => {
  expect(Object.keys(runTransitions).sort()).toEqual([...events].sort());
  const left = phases.filter((phase) => events.some((event) => runAfter(phase, event) !== undefined));
  expect(left.filter((phase) => phase !== 'publishing')).toEqual(openStates);
});

test('every open run can be brought to an end, and none without an event', () => {
  for (const from of phases.slice(0, 4)) {
    const reached = new Set<RunPhase>([from]);
    for (const phase of reached) for (const event of events) reached.add(runAfter(phase, event) ?? phase);
    expect([...reached]).toContain('stopped');
    expect([...reached]).toContain('completed');
  }
});

test('steps rise from the first index to the publication', () => {
  expect(stepsOf('passive', 3)).toBe(5);
  expect((['plan', 'publish'] as const).map((stage) => stepOf(stage, 'passive', 5))).toEqual([4, 5]);
  expect((['refresh', 'plan', 'download', 'publish'] as const).map((stage) => stepOf(stage, 'active', 6))).toEqual([
    3, 4, 5, 6,
  ]);
});

test('only a run that lacks files downloads', () => {
  expect(stageAfter('refresh', 0)).toBe('plan');
  expect(stageAfter('plan', 0)).toBe('publish');
  expect(stageAfter('plan', 1)).toBe('download');
  expect(stageAfter('download', 5)).toBe('publish');
});
