import { setTimeout as sleep } from 'node:timers/promises';
import { wakingTime } from '@sluice/testkit';
import { expect, test } from 'vitest';
import { bucket } from './bucket.ts';
import { rateOver, secondsLeft } from './rate.ts';

test('a rate is that of the window, and begins anew when the value falls', () => {
  const rate = rateOver(10_000);
  expect(rate.at(0, 0)).toBe(0);
  expect(rate.at(1_000, 100)).toBe(100);
  expect(rate.at(10_000, 1_000)).toBe(100);
  // Nothing came since: of the 1,000 within the first ten seconds ever less is within the window.
  expect(rate.at(15_000, 1_000)).toBeLessThan(70);
  expect(rate.at(30_000, 1_000)).toBe(0);
  expect(rate.at(31_000, 10)).toBe(0);
  expect(rate.at(32_000, 30)).toBe(20);
});

test.each([
  [0, 100, 10, 10],
  [95, 100, 10, 1],
  [100, 100, 10, null],
  [0, 0, 10, null],
  [0, 100, 0, null],
  [0, 1e18, 1, null],
])('%i of %i at %i a second: %s', (done, total, perSecond, left) => {
  expect(secondsLeft(done, total, perSecond)).toBe(left);
});

test('a budget is shared by all who take from it, and a wait ends with the signal', async () => {
  const take = bucket(100_000);
  const began = performance.now();
  const all = Promise.all(Array.from({ length: 10 }, () => take(10_000)));
  const passed = wakingTime();
  while ((await Promise.race([all, sleep(10)])) === undefined) expect(passed()).toBeLessThan(2_500);
  expect(performance.now() - began).toBeGreaterThan(700);
  const stop = AbortSignal.timeout(20);
  await expect(take(10_000_000, stop)).rejects.toThrow();
});
