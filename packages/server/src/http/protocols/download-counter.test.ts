import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../../log.ts';
import { downloadCounter } from './download-counter.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const log = createLog('silent', { write: () => {} });

test('sums are written once a second, and again with the next when that failed', async () => {
  const written: [number, number][][] = [];
  let fails = true;
  const counter = downloadCounter(async (counts) => {
    if (fails) throw new Error('database away');
    written.push([...counts]);
  }, log);
  counter.count(1);
  counter.count(2);
  await vi.advanceTimersByTimeAsync(1000);
  fails = false;
  counter.count(1);
  await vi.advanceTimersByTimeAsync(1000);
  await counter.close();
  expect(written.map((sums) => sums.sort())).toEqual([
    [
      [1, 2],
      [2, 1],
    ],
  ]);
});

test('an end waits for the sums that are being written', async () => {
  const write = Promise.withResolvers<void>();
  let written = 0;
  const counter = downloadCounter(async () => {
    await write.promise;
    written++;
  }, log);
  counter.count(1);
  await vi.advanceTimersByTimeAsync(1000);
  const closed = counter.close().then(() => written);
  await vi.advanceTimersByTimeAsync(10);
  write.resolve();
  expect(await closed).toBe(1);
});
