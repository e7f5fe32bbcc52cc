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
    progress: { bytes_done: 0, bytes_total: 0, bytes_per_second: 0, seconds_left: null },
    what_next: null,
  }) as unknown as Schemas['Mirror'];

/** A server whose streams have these states, one stream after the other; text for a connection that fails. */
function contextOf(streams: (Schemas['Mirror'][] | string)[]) {
  let clock = Date.parse('2026-11-21T10:00:00Z');
  const asked: string[] = [];
  const doFetch = async (input: unknown) => {
    const { url, headers } = input as Request;
    asked.push(`${new URL(url).pathname} ${headers.get('last-event-id') ?? '-'}`);
    const next = streams.length > 1 ? streams.shift()! : streams[0]!;
    if (typeof next === 'string') throw Object.assign(new Error('gone'), { code: next });
    const events = next.map((one, i) => `: \n\nevent: progress\nid: ${i}\ndata: ${JSON.stringify(one)}\n\n`);
    return new Response(`retry: 2000\n\n${events.join('')}`, { headers: { 'content-type': 'text/event-stream' } });
  };
  const io = memoryIo({
    now: () => new Date(clock),
    sleep: async (ms) => {
      clock += ms;
    },
  });
  const context = {
    io,
    site: { url: 'http://x' },
    api: connect({ url: 'http://x', token: undefined }, doFetch as typeof fetch),
    say: (line: string) => void io.stderr.write(`${line}\n`),
    progress: createProgress({ stderr: io.stderr, quiet: false }),
  } as unknown as Context;
  return { context, io, asked };
}

test('it listens until the run is over, and tells each step once', async () => {
  const states = [mirror('running', 'Reading', 1), mirror('running', 'Judging', 2), mirror('completed')];
  const { context, io, asked } = contextOf([states]);
  const each: unknown[] = [];
  expect((await followMirror(context, mirror('pending'), (now) => each.push(now.state))).state).toBe('completed');
  expect(io.said().stderr).toBe('pending\n1/3 Reading\n2/3 Judging\ncompleted\n');
  expect(each).toEqual(['running', 'running']);
  expect(asked).toEqual(['/api/channels/a/subchannels/b/mirrors/1/events -']);
});

test('a stream that ends early is opened again where it was', async () => {
  const { context, asked } = contextOf([[mirror('running'), mirror('running')], [mirror('stopped')]]);
  expect((await followMirror(context, mirror('pending'))).state).toBe('stopped');
  expect(asked.map((one) => one.split(' ')[1])).toEqual(['-', '1']);
});

test('a run that is over is not asked for', async () => {
  const { context, asked } = contextOf(['ECONNREFUSED']);
  expect((await followMirror(context, mirror('failed'))).state).toBe('failed');
  expect(asked).toEqual([]);
});

test('it waits for a server that is restarted', async () => {
  const { context, io } = contextOf([[mirror('running')], 'ECONNREFUSED', 'ECONNREFUSED', [mirror('completed')]]);
  expect((await followMirror(context, mirror('pending'))).state).toBe('completed');
  expect(io.said().stderr.match(/away/g)).toHaveLength(1);
});

test('it does not wait for ever', async () => {
  const { context } = contextOf([[mirror('running')], 'ECONNREFUSED']);
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
