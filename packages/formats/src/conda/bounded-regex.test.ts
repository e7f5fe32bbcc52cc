import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../errors.ts';
import { compileRegex } from './bounded-regex.ts';

test.each([
  ['^num.*$', 'numpy', true],
  ['^num.*$', 'anumpy', false],
  ['^py\\d+_0$', 'py27_0', true],
  ['^py\\d+_0$', 'py27_0x', false],
  ['^1\\.[5-8]\\.1$', '1.7.1', true],
  ['^1\\.[5-8]\\.1$', '1.9.1', false],
  ['^(?:cuda|cpu)_.{2,3}$', 'cuda_ab', true],
  ['^(?:cuda|cpu)_.{2,3}$', 'cpu_abcd', false],
  ['^(?P<what>a|b)+?$', 'abba', true],
  ['^[^a-c]*$', 'xyz', true],
  ['^[^a-c]*$', 'xbz', false],
  ['^[]x]$', ']', true],
  ['^[\\d_-]+$', '1_2-3', true],
  ['^a{2}$', 'aa', true],
  ['^a{2}$', 'aaa', false],
  ['^a{,2}$', '', true],
  ['^a{b}$', 'a{b}', true],
  ['^(a|b$', undefined, undefined],
  // conda looks from the start only, and does not ask the match to reach the end.
  ['^a|b$', 'abc', true],
  ['^a|b$', 'xb', false],
  ['^$', '', true],
  ['^$', 'a', false],
])('%s on %s', (pattern, text, matches) => {
  if (text === undefined) expect(() => compileRegex(pattern)).toThrow(FormatError);
  else expect(compileRegex(pattern)(text)).toBe(matches);
});

test('ignores letter case when asked, also in classes and their negation', () => {
  expect(compileRegex('^[A-C]X$', true)('bx')).toBe(true);
  expect(compileRegex('^[^A-C]$', true)('b')).toBe(false);
  expect(compileRegex('^\\D+$', true)('abc')).toBe(true);
  expect(compileRegex('^[A-C]X$')('bx')).toBe(false);
});

describe('refuses what has no bounded meaning', () => {
  test.each([
    '^(?=a)b$',
    '^(?!a)b$',
    '^(?<=a)b$',
    '^(?i)a$',
    '^(a)\\1$',
    '^a\\b$',
    '^a**$',
    '^a++$',
    '^a{2}{3}$',
    '^a{3,2}$',
    '^*$',
    '^+a$',
    '^[z-a]$',
    '^[a$',
    '^a)$',
    '^a\\',
    `^${'a'.repeat(300)}$`,
    '^(((a{99}){99}){99}){99}$',
    '^(((){999}){999}){999}$',
    '^(((((a{1,2}a*?){1,2}){2}){2}){2}((aaa{1,2})a+){2})+a|(a*(((a{1,2}a+(a*?)*?)+a?)|((a)a)+a|)*)+$',
  ])('%s', (pattern) => {
    expect(() => compileRegex(pattern)).toThrow(expect.objectContaining({ code: 'conda_spec_regex' }));
  });

  test('saying where and what was wanted', () => {
    expect(() => compileRegex('^a(?=b)$')).toThrow(/plain group.*at character 4/);
  });
});

// Every generated piece has the same meaning in JavaScript, whose engine is the oracle.
const piece = fc.letrec<{ node: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { withCrossShrink: true },
    fc.constantFrom('a', 'b', '0', '.', '\\d', '\\w', '\\.', '[ab]', '[^a]', '[0-9_]', '_'),
    fc.tuple(fc.constantFrom('(', '(?:'), tie('node')).map(([open, body]) => `${open}${body})`),
  ),
  node: fc
    .array(
      fc.tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '{1,2}', '{2}', '*?', '|')).map(([a, b]) => a + b),
      { maxLength: 3 },
    )
    .map((parts) => parts.join('')),
})).node;

/** Repetitions in each other may, one time in 50,000, become more steps than there may be. */
function compiledUnlessLarge(pattern: string): ((text: string) => boolean) | undefined {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof FormatError && error.wanted === 'a regular expression of at most 512 steps') return undefined;
    throw error;
  }
}

test('agrees with the JavaScript engine', () => {
  fc.assert(
    fc.property(
      piece,
      fc.array(fc.stringMatching(/^[ab01_.]{0,7}$/), { minLength: 5, maxLength: 5 }),
      (body, texts) => {
        const ours = compiledUnlessLarge(`^${body}$`);
        fc.pre(ours !== undefined);
        const oracle = new RegExp(`^${body}$`, 'y');
        for (const text of texts) {
          oracle.lastIndex = 0;
          expect([text, ours(text)]).toEqual([text, oracle.test(text)]);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test.each(['^(a+)+$', '^(a|aa)*$', '^(a|a)*$', '^(a*)*$', '^a*a*a*a*a*a*a*a*a*b$', '^(.*a){20}$', '^.*a.{100}$'])(
  '%s answers in bounded time',
  (pattern) => {
    const matches = compileRegex(pattern);
    const started = performance.now();
    matches(`${'ab'.repeat(500)}${'a'.repeat(4000)}!`);
    matches(`${'a'.repeat(5000)}!`);
    expect(performance.now() - started).toBeLessThan(15_000);
  },
);
