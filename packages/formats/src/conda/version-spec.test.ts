import { VersionSpec as RattlerSpec, Version } from '@conda-org/rattler';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseVersion } from './version.ts';
import { versionMatches } from './version-spec.ts';
import { parseVersionSpec } from './version-spec-parse.ts';

function meets(version: string, spec: string): boolean {
  return versionMatches(parseVersionSpec(spec), parseVersion(version));
}

describe('the canonical text', () => {
  test.each([
    ['1.8*', '1.8.*'],
    [' >=1.8 , < 2 ', '>=1.8,<2'],
    ['1.5|(1.6|1.7),1.8', '1.5|(1.6|1.7),1.8'],
    ['((1.5|((1.6|1.7),1.8),1.9|2.0))|2.1', '1.5|(1.6|1.7),1.8,1.9|2.0|2.1'],
    ['(1.5)', '1.5'],
    ['^1\\.(5|6)$|2', '^1\\.(5|6)$|2'],
    ['*', '*'],
  ])('%s: %s', (text, canonical) => {
    expect(parseVersionSpec(text).text).toBe(canonical);
    expect(parseVersionSpec(canonical).text).toBe(canonical);
  });
});

describe('and binds before or, parentheses before both', () => {
  test.each([
    ['1.5', '1.5|1.6,1.7', true],
    ['1.5', '(1.5|1.6),1.7', false],
    ['1.6', '>1,(<1.2|>=1.5)', true],
    ['1.3', '>1,(<1.2|>=1.5)', false],
  ])('%s meets %s: %s', (version, spec, result) => {
    expect(meets(version, spec)).toBe(result);
  });
});

// conda takes the star for a character of the version, so `!=1.7*` excludes nothing there. CEP 29 wants a prefix.
describe('a final star after an operator means the same with and without its dot', () => {
  test.each([
    ['1.7.1', '!=1.7*', false],
    ['1.8', '!=1.7*', true],
    ['1.7.1', '=1.7*', true],
    ['1.7', '>=1.7*', true],
    ['1.7rc1', '>=1.7*', false],
  ])('%s meets %s: %s', (version, spec, result) => {
    expect(meets(version, spec)).toBe(result);
    expect(meets(version, spec.replace('*', '.*'))).toBe(result);
  });
});

test('globs and regular expressions look at the text as the record has it', () => {
  const spec = parseVersionSpec('1.*.RC1');
  expect(versionMatches(spec, parseVersion('1.0.RC1'))).toBe(true);
  expect(versionMatches(spec, parseVersion('1.0.rc1'))).toBe(false);
});

describe('refuses', () => {
  test.each([
    ['', /a version such as .* at character 1 .*found "the end"/],
    ['>=1,', /at character 5/],
    ['>=1,,<2', /at character 5/],
    ['|1', /at character 1/],
    ['()', /a version such as/],
    ['(1.8', /a closing "\)"/],
    ['1.8)', /or the end at character 4/],
    ['(1)(2)', /a "," or "\|"/],
    ['>=', /a version after >=/],
    ['===1.8', /one of == .*found "==="/],
    ['=>1.8', /found "=>"/],
    ['~=1.*', /no star after ~=/],
    ['~=1', /two parts/],
    ['>=1.*.2', /a version after >=/],
    ['1.[5-8].*', /only letters/],
    ['1.*[5]*', /a version with stars/],
    ['^1.8', /begins with \^ and ends with \$/],
    ['1.8$', /begins with \^ and ends with \$/],
    ['^(?=1)1$', /plain group/],
    ['1.8 1.9', /only letters/],
    [`${'('.repeat(100)}1${')'.repeat(100)}`, /at most 32 parentheses/],
  ])('%j', (spec, message) => {
    expect(() => parseVersionSpec(spec)).toThrow(message);
  });
});

// The shapes rattler has. It knows no inner stars and no regular expressions, and takes the last segment of a prefix as
// a whole (1.1.1a is not under =1.1.1, nor 2013ab under 2013a*), so words of tried versions stand behind three numbers,
// where no prefix of at most three ends.
const number = fc.constantFrom('0', '1', '2', '10');
const release = fc.array(number, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const series = fc.array(number, { minLength: 2, maxLength: 3 }).map((parts) => parts.join('.'));
const epoch = fc.constantFrom('', '', '', '1!');
const long = fc.array(number, { minLength: 3, maxLength: 3 }).map((parts) => parts.join('.'));
const version = fc.oneof(
  fc.tuple(epoch, release).map((parts) => parts.join('')),
  fc.tuple(epoch, long, fc.constantFrom('.rc1', '.dev0', '.post1')).map((parts) => parts.join('')),
);
const operand = fc
  .tuple(epoch, release, fc.constantFrom('', '', 'rc1', '.dev0', 'post', 'a'))
  .map((parts) => parts.join(''));
const clause = fc.oneof(
  fc.tuple(fc.constantFrom('==', '!=', '<', '<=', '>', '>='), operand).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('', '=', '!='), release).map(([sign, text]) => `${sign}${text}.*`),
  release.map((text) => `=${text}`),
  series.map((text) => `~=${text}`),
  operand,
  fc.constant('*'),
);
const spec = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    clause,
    fc.tuple(tie('node'), fc.constantFrom(',', '|'), tie('node')).map((parts) => parts.join('')),
    tie('node').map((inner) => `(${inner})`),
  ),
})).node;

test('agrees with rattler where rattler covers it', () => {
  fc.assert(
    fc.property(spec, fc.array(version, { minLength: 4, maxLength: 4 }), (text, versions) => {
      const theirs = new RattlerSpec(text);
      const ours = parseVersionSpec(text);
      for (const tried of versions) {
        const result = versionMatches(ours, parseVersion(tried));
        expect([text, tried, result]).toEqual([text, tried, theirs.matches(new Version(tried))]);
      }
    }),
    { numRuns: 2000 },
  );
});

test('the canonical text means the same', () => {
  fc.assert(
    fc.property(spec, version, (text, tried) => {
      const canonical = parseVersionSpec(text).text;
      expect(parseVersionSpec(canonical).text).toBe(canonical);
      expect(meets(tried, canonical)).toBe(meets(tried, text));
    }),
    { numRuns: 1000 },
  );
});
