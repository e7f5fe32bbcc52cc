import type { Schemas } from '@sluice/api-client';
import { expect, test } from 'vitest';
import type { Context } from './command.ts';
import { connect } from './connect.ts';
import { followMirror, runFailure } from './follow-mirror.ts';
import { createProgress } from './progress.ts';
import { memoryIo } from './testing/memory-io.ts';

const mirror = (state: string, step = '', number = 0) =>
  ({
    id: '1',
    name: 'm',
    state,
    channel: { name: 'a' },
    subchannel: { name: 'b' },
    sync_state: {
      current_step_description: step,
      current_step_number: number,
      total_steps_count: 3,
      current_step_percentage: 0,
      last_exception: null,
    },
  }) as unknown as Schemas['Mirror'];

/** A server that answers these in turn; text for a connection that fails. */
function contextOf(answers: (Schemas['Mirror'] | string)[]) {
  let clock = Date.parse('2026-11-21T10:00:00Z');
  const asked: string[] = [];
  const doFetch = async (input: unknown) => {
    asked.push((input as Request).url);
    const next = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (typeof next === 'string') throw Object.assign(new Error('gone'), { code: next });
    return new Response(JSON.stringify(next), { headers: { 'content-type': 'application/json' } });
  };
  const io = memoryIo({
    now: () => new Date(clock),
    sleep: async (ms) => {
      clock += ms;
    },
  });
  const context = {
    io,
    api: connect({ url: 'http://x', token: undefined }, doFetch as typeof fetch),
    say: (line: string) => void io.stderr.write(`${line}\n`),
    progress: createProgress({ stderr: io.stderr, quiet: false }),
  } as unknown as Context;
  return { context, io, asked };
}

test('it asks until the run is over, and tells each step once', async () => {
  const { context, io, asked } = contextOf([
    mirror('running', 'Reading', 1),
    mirror('running', 'Reading', 1),
    mirror('running', 'Judging', 2),
    mirror('completed'),
  ]);
  expect((await followMirror(context, mirror('pending'))).state).toBe('completed');
  expect(io.said().stderr).toBe('pending\n1/3 Reading\n2/3 Judging\ncompleted\n');
  expect(new Set(asked)).toEqual(new Set(['http://x/api/channels/a/subchannels/b/mirrors/1']));
});

test('a run that is over is not asked for', async () => {
  const { context, asked } = contextOf(['ECONNREFUSED']);
  expect((await followMirror(context, mirror('failed'))).state).toBe('failed');
  expect(asked).toEqual([]);
});

test('it waits for a server that is restarted', async () => {
  const { context, io } = contextOf([mirror('running'), 'ECONNREFUSED', 'ECONNREFUSED', mirror('completed')]);
  expect((await followMirror(context, mirror('pending'))).state).toBe('completed');
  expect(io.said().stderr.match(/away/g)).toHaveLength(1);
});

test('it does not wait for ever', async () => {
  const { context } = contextOf([mirror('running'), 'ECONNREFUSED']);
  await expect(followMirror(context, mirror('pending'))).rejects.toMatchObject({ code: 'unreachable' });
});

test.each([
  ['completed', undefined],
  ['failed', 'run_failed'],
  ['stopped', 'run_stopped'],
  ['running', undefined],
])('a run that is %s: %s', (state, code) => {
  expect(runFailure(mirror(state))?.code).toBe(code);
});
