import { expect, test } from 'vitest';
import { wakingTime } from './waking-time.ts';

test('time in which nobody could look does not count', () => {
  let now = 5_000;
  const passed = wakingTime(() => now);
  for (const step of [20, 80, 60_000, 20]) {
    now += step;
    passed();
  }
  expect(passed()).toBe(20 + 80 + 100 + 20);
});
