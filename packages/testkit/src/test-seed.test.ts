import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { testSeed } from './index.ts';
import { seedOf } from './test-seed.ts';

describe('the seed', () => {
  it('is the same in every run', () => expect(seedOf({})).toBe(seedOf({})));
  it('is another in each run of the long form', () => {
    expect(new Set(Array.from({ length: 10 }, () => seedOf({ LONG: '1' }))).size).toBeGreaterThan(5);
  });
  it('is the one that was asked for', () => expect(seedOf({ SEED: '-1839', LONG: '1' })).toBe(-1839));
  it('is the first of several', () => expect(seedOf({ SEED: '7,8' })).toBe(7));
});

test('properties take it, also those that say how often they run', () => {
  const { seed } = fc.check(
    fc.property(fc.nat(), () => true),
    { numRuns: 3 },
  );
  expect(seed).toBe(testSeed);
});
