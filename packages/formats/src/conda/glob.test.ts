import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlob } from './glob.ts';

test('a star stands for any text and nothing else is special', () => {
  expect(compileGlob('py2*')('py27_0')).toBe(true);
  expect(compileGlob('*')('')).toBe(true);
  expect(compileGlob('a.c')('abc')).toBe(false);
  // The pieces may not share characters.
  expect(compileGlob('ab*ba')('aba')).toBe(false);
  expect(compileGlob('a*b*b')('ab')).toBe(false);
});

test('agrees with the same glob written as a regular expression', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab*.]{0,6}$/), fc.stringMatching(/^[ab.]{0,8}$/), (glob, text) => {
      const regex = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      expect(compileGlob(glob)(text)).toBe(regex.test(text));
    }),
    { numRuns: 1000 },
  );
});

test('never goes back', () => {
  const matches = compileGlob('*a'.repeat(2000));
  const started = performance.now();
  expect(matches(`${'a'.repeat(20_000)}b`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(10_000);
});
