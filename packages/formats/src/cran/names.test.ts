import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareRVersions,
  isRPackageName,
  parseDependencies,
  parseNumericVersion,
  parseRFileName,
  parseRRequirement,
  parseRVersion,
  printRRequirement,
  rVersionMeets,
} from './index.ts';

describe('versions', () => {
  // What R 4.2 says of numeric_version(a) < b, == b, > b.
  test.each([
    ['1.0', '1.0.0', 0],
    ['1.2-3', '1.2.3', 0],
    ['2.0-0', '2.0', 0],
    ['1.02', '1.2', 0],
    ['1.10', '1.9', 1],
    ['1.0', '1.0.1', -1],
    ['0.99.9', '1.0', -1],
    ['1.0.0.9000', '1.0.0', 1],
    ['3.99-0.16', '3.99-0.9', 1],
  ])('%s to %s', (a, b, order) => {
    expect(Math.sign(compareRVersions(parseRVersion(a), parseRVersion(b)))).toBe(order);
    expect(Math.sign(compareRVersions(parseRVersion(b), parseRVersion(a)))).toBe(order === 0 ? 0 : -order);
  });

  test.each(['1', '1.0a', '1..0', '1.0-', 'v1.0', '', ' 1.0', '1.0\n', `1.${'9'.repeat(16)}`, '1.0'.repeat(60)])(
    '%j is none',
    (text) => expect(() => parseRVersion(text)).toThrow(expect.objectContaining({ code: 'cran_version' })),
  );

  test('one number is enough for a requirement', () => {
    expect(compareRVersions(parseNumericVersion('4'), parseRVersion('4.0.0'))).toBe(0);
  });

  test('their order is total', () => {
    const version = fc.array(fc.nat(20), { minLength: 2, maxLength: 4 }).map((parts) => parseRVersion(parts.join('.')));
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareRVersions(a, b)) + Math.sign(compareRVersions(b, a))).toBe(0);
        if (compareRVersions(a, b) <= 0 && compareRVersions(b, c) <= 0)
          expect(compareRVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('names', () => {
  test.each(['dplyr', 'data.table', 'R6', 'A3', 'x2'])('%s', (name) => expect(isRPackageName(name)).toBe(true));
  test.each(['a', '2x', 'a.', '.a', 'a_b', 'a-b', '', 'ä1', 'a/b', `a${'b'.repeat(100)}`])('not %j', (name) =>
    expect(isRPackageName(name)).toBe(false),
  );
});

describe('file names', () => {
  test.each([
    ['demo_0.1-2.tar.gz', { name: 'demo', version: '0.1-2', extension: 'tar.gz' }],
    ['data.table_1.15.4.zip', { name: 'data.table', version: '1.15.4', extension: 'zip' }],
    ['R6_2.5.1.tgz', { name: 'R6', version: '2.5.1', extension: 'tgz' }],
  ])('%s', (text, parts) => expect(parseRFileName(text)).toEqual(parts));

  test.each([
    'demo.tar.gz',
    'demo_1.tar.gz',
    'demo_1.0.tar.bz2',
    '_1.0.tar.gz',
    'de mo_1.0.zip',
    'a/b_1.0.tar.gz',
    'demo_1.0_2.0.tgz',
  ])('not %s', (text) => expect(() => parseRFileName(text)).toThrow());
});

describe('requirements', () => {
  test.each([
    ['dplyr', 'dplyr'],
    ['dplyr (>= 1.0)', 'dplyr (>= 1.0)'],
    [' dplyr >=1.0,<2 ', 'dplyr (>= 1.0, < 2)'],
    ['dplyr==1.1.4', 'dplyr (== 1.1.4)'],
    ['dplyr = 1.1.4', 'dplyr (== 1.1.4)'],
    ['acme*', 'acme*'],
    ['* (< 1)', '* (< 1)'],
    ['data.table(>=1.15-2)', 'data.table (>= 1.15-2)'],
  ])('%j', (text, printed) => {
    const read = parseRRequirement(text);
    expect(printRRequirement(read)).toBe(printed);
    expect(parseRRequirement(printed)).toEqual(read);
  });

  test.each(['', '>= 1.0', 'dplyr (>= )', 'dplyr (1.0)', 'dplyr ~1.0', 'a b', 'dplyr (>= 1.0', 'dplyr >=1.0,', '1x'])(
    'not %j',
    (text) => expect(() => parseRRequirement(text)).toThrow(),
  );

  test.each([
    ['>= 1.0', '1.0.0', true],
    ['> 1.0', '1.0.0', false],
    ['>= 1.0, < 2', '2.0', false],
    ['>= 1.0, < 2', '1.99', true],
    ['!= 1.5', '1.5', false],
    ['<= 1.5', '1.5-0', true],
  ])('%s meets %s: %s', (bounds, version, meets) => {
    expect(rVersionMeets(parseRVersion(version), parseRRequirement(`x (${bounds})`).bounds)).toBe(meets);
  });
});

test('dependency fields', () => {
  const field = 'R (>= 4.1),\ncli, rlang(>= 1.0.0) , methods,, b@d, old (>> 1), graph (== 1.2-3),';
  expect(parseDependencies(field).map((item) => printRRequirement(item))).toEqual([
    'R (>= 4.1)',
    'cli',
    'rlang (>= 1.0.0)',
    'methods',
    'graph (== 1.2-3)',
  ]);
  expect(parseDependencies(undefined)).toEqual([]);
});
