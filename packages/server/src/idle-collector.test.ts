import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { idleCollector } from './idle-collector.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A collector, and how often it has collected. */
function counted(holdsMuch = true) {
  let times = 0;
  const collector = idleCollector(
    () => {
      times++;
    },
    () => holdsMuch,
  );
  return { collector, times: () => times };
}

test('what jobs left behind goes a while after the last of them, once', () => {
  const { collector, times } = counted();
  collector.began(false);
  collector.began(false);
  collector.ended();
  vi.advanceTimersByTime(10_000);
  expect(times()).toBe(0);
  collector.ended();
  vi.advanceTimersByTime(1_000);
  expect(times()).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(times()).toBe(1);
  vi.advanceTimersByTime(100_000);
  expect(times()).toBe(1);
});

test('a job that begins meanwhile does not meet it', () => {
  const { collector, times } = counted();
  collector.began(false);
  collector.ended();
  vi.advanceTimersByTime(1_000);
  collector.began(false);
  vi.advanceTimersByTime(100_000);
  expect(times()).toBe(0);
  collector.ended();
  vi.advanceTimersByTime(2_000);
  expect(times()).toBe(1);
});

test('a job that wants room has it go first, unless it is gone', () => {
  const { collector, times } = counted();
  // What the start of the program left behind.
  collector.began(true);
  expect(times()).toBe(1);
  collector.ended();
  collector.began(true);
  expect(times()).toBe(2);
  collector.ended();
  vi.advanceTimersByTime(2_000);
  expect(times()).toBe(3);
  collector.began(true);
  expect(times()).toBe(3);
});

test('where little is held, or after the end, nothing is collected', () => {
  const little = counted(false);
  little.collector.began(true);
  little.collector.ended();
  vi.advanceTimersByTime(2_000);
  expect(little.times()).toBe(0);
  const { collector, times } = counted();
  collector.began(false);
  collector.ended();
  collector.stop();
  vi.advanceTimersByTime(2_000);
  expect(times()).toBe(0);
});
