import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Version } from '@conda-org/rattler';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, parseVersion, versionStartsWith } from './version.ts';

const inf = Number.POSITIVE_INFINITY;

describe('parseVersion', () => {
  test.each([
    ['1.2g.beta15.rc', [[0], [1], [2, 'g'], [0, 'beta', 15], [0, 'rc']], []],
    ['1!2.15.1_ALPHA', [[1], [2], [15], [1], [0, 'alpha']], []],
    ['1.0.1post.a', [[0], [1], [0], [1, inf], [0, 'a']], []],
    ['1.1_', [[0], [1], [1, '_']], []],
    ['1.0__', [[0], [1], [0], [0, '_']], []],
    ['1.0-1', [[0], [1], [0], [1]], []],
    ['1.1dev1', [[0], [1], [1, 'DEV', 1]], []],
    ['0.4.1+local.7', [[0], [0], [4], [1]], [[0, 'local'], [7]]],
    ['20240102030405060708', [[0], [20240102030405060708n]], []],
    ['0000000000000000001', [[0], [1]], []],
  ])('%s', (text, segments, local) => {
    expect(parseVersion(text)).toEqual({ text, segments, local });
  });

  test('drops blanks around it', () => {
    expect(parseVersion(' 1.0 ').text).toBe('1.0');
  });

  test.each([
    ['1.0-1_2', /found "-"|letters, digits/],
    ['1._0', /between the separators/],
    ['1.0é', /only letters, digits/],
    ['+1', /around the/],
    ['1!', /around the/],
  ])('refuses %s', (text, message) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: 'conda_version' }));
    expect(() => parseVersion(text)).toThrow(message);
  });
});

test.each([
  ['1.7.1', '1.7', true],
  ['1.10', '1.1', false],
  ['1.1', '1.1.0', true],
  ['1', '1.0.0', true],
  ['2013ab', '2013a', true],
  ['2013', '2013a', false],
  ['1.2.3+4.5', '1.2', true],
  ['1.2.3+4.5', '1.2.3+4', true],
  ['1.2.3', '1.2.3+4', false],
  ['1.2.4+4.5', '1.2.3+4', false],
  ['1!1.7', '1', false],
])('%s lies under %s: %s', (version, prefix, result) => {
  expect(versionStartsWith(parseVersion(version), parseVersion(prefix))).toBe(result);
});

const word = fc.constantFrom('', '', '', 'a', 'b', 'rc', 'dev', 'post', 'alpha', 'RC');
const segment = fc
  .tuple(fc.constantFrom('', '0', '1', '2', '10', '00'), word, fc.constantFrom('', '0', '1', '7'))
  .map(([first, middle, last]) => first + middle + last)
  .filter((text) => text !== '');
const main = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.'));
const version = fc
  .tuple(fc.constantFrom('', '', '0!', '1!'), main, fc.constantFrom('', '', '', '_', '+1', '+a', '+0', '+1.dev'))
  .map((parts) => parts.join(''));

describe('the order', () => {
  test('is total: turned round it is the opposite, and it is transitive', () => {
    fc.assert(
      fc.property(version, version, version, (...texts) => {
        const [a, b, c] = texts.map((text) => parseVersion(text)) as [never, never, never];
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        expect(compareVersions(a, a)).toBe(0);
        const [low, middle, high] = [a, b, c].sort(compareVersions) as [never, never, never];
        expect(compareVersions(low, high)).toBeLessThanOrEqual(0);
        if (compareVersions(low, high) === 0) expect(compareVersions(low, middle)).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  // rattler keeps the final underscore apart from the word before it; for conda it is part of the word.
  test.each([
    ['1dev_', '1a', 1],
    ['1a_', '1a', 1],
  ])('follows conda where rattler differs: %s and %s', (a, b, order) => {
    expect(Math.sign(compareVersions(parseVersion(a), parseVersion(b)))).toBe(order);
    expect(new Version(a).compare(new Version(b))).toBe(-order);
  });

  test('agrees with rattler on everything else', () => {
    const shared = version.filter((text) => !/[a-z]_/i.test(text));
    fc.assert(
      fc.property(shared, shared, (a, b) => {
        const ours = Math.sign(compareVersions(parseVersion(a), parseVersion(b)));
        expect([a, b, ours]).toEqual([a, b, new Version(a).compare(new Version(b))]);
      }),
      { numRuns: 3000 },
    );
  });

  test('sorts 28,530 published versions as rattler does, without exception', () => {
    const file = readFileSync(new URL('./testdata/versions.txt.gz', import.meta.url));
    const texts = gunzipSync(file).toString('utf8').trim().split('\n');
    expect(texts).toHaveLength(28_530);
    const sorted = texts.map(parseVersion).sort(compareVersions);
    const theirs = sorted.map(({ text }) => new Version(text));
    // Neighbours decide a sorted list: when each pair has the same order, so has the whole.
    const differences = sorted.flatMap((next, i) => {
      if (i === 0) return [];
      const previous = sorted[i - 1]!;
      const ours = Math.sign(compareVersions(previous, next));
      return ours === theirs[i - 1]!.compare(theirs[i]!) ? [] : [[previous.text, next.text, ours]];
    });
    expect(differences).toEqual([]);
  });
});
