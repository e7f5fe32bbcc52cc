import { afterEach, beforeEach, expect, test } from 'vitest';
import { actor, type Bench, openBench } from '../testing/bench.ts';
import { createMirror } from '../verbs/create-mirror.ts';
import { editMirror } from '../verbs/edit-mirror.ts';
import { scheduleMirrors } from './schedule-mirrors.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

/** The room with its clock at this time. */
const at = (time: string) => ({ ...bench.deps, now: () => new Date(time) });

async function mirrorAt(time: string, cron: string, time_zone: string): Promise<string> {
  const input = { mirror_name: cron, source_root: 'https://127.0.0.1/c', cron, time_zone };
  return createMirror(at(time), { channelId: bench.channel.id, input }, actor);
}
const next = async () =>
  (await bench.deps.db.selectFrom('mirror').select('next_run_at').executeTakeFirstOrThrow()).next_run_at;
const runs = async () => (await bench.deps.db.selectFrom('run').selectAll().execute()).length;
const endRuns = () => bench.database.pool.query("update run set state = 'completed', finished_at = now()");

test('a time that was missed while nothing ran is made up once, however many there were', async () => {
  await mirrorAt('2026-11-01T00:30:00Z', '0 * * * *', 'UTC');
  // The server is down for three days: 72 times.
  expect(await scheduleMirrors(at('2026-11-04T00:30:00Z'))).toBe(1);
  expect(await next()).toEqual(new Date('2026-11-04T01:00:00Z'));
  await endRuns();
  expect(await scheduleMirrors(at('2026-11-04T00:59:59Z'))).toBe(0);
  expect(await scheduleMirrors(at('2026-11-04T01:00:00Z'))).toBe(1);
  expect(await runs()).toBe(2);
});

test('also when the clocks changed meanwhile: a time that was skipped, and one that came twice', async () => {
  // 02:30 does not exist in Berlin on 29 March 2026, and comes twice on 25 October.
  const id = await mirrorAt('2026-03-28T12:00:00Z', '30 2 * * *', 'Europe/Berlin');
  expect(await scheduleMirrors(at('2026-03-29T12:00:00Z'))).toBe(1);
  expect(await next()).toEqual(new Date('2026-03-30T00:30:00Z'));
  await endRuns();
  await editMirror(at('2026-10-24T12:00:00Z'), id, { cron: '31 2 * * *' }, actor);
  expect(await scheduleMirrors(at('2026-10-25T00:31:00Z'))).toBe(1);
  await endRuns();
  expect(await scheduleMirrors(at('2026-10-25T01:31:00Z'))).toBe(0);
  expect(await scheduleMirrors(at('2026-10-27T12:00:00Z'))).toBe(1);
  expect(await next()).toEqual(new Date('2026-10-28T01:31:00Z'));
});

test('a mirror whose run still goes on is left to it, and two workers begin one run', async () => {
  await mirrorAt('2026-11-01T00:30:00Z', '0 * * * *', 'UTC');
  const both = await Promise.all([1, 2].map(() => scheduleMirrors(at('2026-11-04T00:30:00Z'))));
  expect(both.reduce((a, b) => a + b)).toBe(1);
  expect(await scheduleMirrors(at('2026-11-04T01:00:00Z'))).toBe(0);
  expect(await runs()).toBe(1);
});

test('whose time zone was changed runs at the time there', async () => {
  const id = await mirrorAt('2026-11-01T12:00:00Z', '0 4 * * *', 'UTC');
  await editMirror(at('2026-11-01T12:00:00Z'), id, { time_zone: 'Asia/Tokyo' }, actor);
  expect(await next()).toEqual(new Date('2026-11-01T19:00:00Z'));
  expect(await scheduleMirrors(at('2026-11-03T00:00:00Z'))).toBe(1);
  expect(await next()).toEqual(new Date('2026-11-03T19:00:00Z'));
});
