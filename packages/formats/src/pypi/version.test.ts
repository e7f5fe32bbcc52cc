import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  installable,
  namesPrerelease,
  parseSpecifier,
  printSpecifier,
  readSpecifier,
  specifierAllows,
} from './specifier.ts';
import { comparePythonVersions, isPrerelease, parsePythonVersion, readPythonVersion } from './version.ts';

const number = fc.oneof(fc.nat(3), fc.nat(), fc.bigInt({ min: 0n, max: 10n ** 30n })).map(String);
const version = fc
  .record({
    prefix: fc.constantFrom('', '', 'v', ' '),
    epoch: fc.oneof(
      fc.constant(''),
      number.map((n) => `${n}!`),
    ),
    release: fc.array(number, { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.')),
    pre: fc.constantFrom('', 'a1', '.beta.2', '-c', '_RC_3'),
    post: fc.constantFrom('', '.post1', '-4', 'r2', '_rev'),
    dev: fc.constantFrom('', '.dev1', '-DEV', 'dev0'),
    local: fc.constantFrom('', '+a.1', '+1', '+A_b-2', '+00'),
  })
  .map(({ prefix, epoch, release, pre, post, dev, local }) => prefix + epoch + release + pre + post + dev + local);

describe('versions', () => {
  test('are in a total order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [x, y, z] = [a, b, c].map(parsePythonVersion).sort(comparePythonVersions) as [never, never, never];
        expect(comparePythonVersions(x, y)).toBeLessThanOrEqual(0);
        expect(comparePythonVersions(y, z)).toBeLessThanOrEqual(0);
        expect(comparePythonVersions(x, z)).toBeLessThanOrEqual(0);
        expect(Math.sign(comparePythonVersions(x, y))).toBe(-Math.sign(comparePythonVersions(y, x)) + 0);
      }),
    );
  });

  test('are equal to what they are normalised to, which stays as it is', () => {
    fc.assert(
      fc.property(version, (text) => {
        const parsed = parsePythonVersion(text);
        const again = parsePythonVersion(parsed.text);
        expect(again).toEqual(parsed);
        expect(comparePythonVersions(parsed, again)).toBe(0);
        expect(parsed.text).toMatch(/^[0-9a-z.!+]+$/);
      }),
    );
  });

  test('are equal exactly when each meets == of the other', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [one, other] = [parsePythonVersion(a), parsePythonVersion(b)];
        // A public == admits any local label, so both ways are asked.
        const both =
          specifierAllows(parseSpecifier(`==${other.text}`), one) &&
          specifierAllows(parseSpecifier(`==${one.text}`), other);
        expect(both).toBe(comparePythonVersions(one, other) === 0);
      }),
    );
  });

  test.each([
    '',
    'v',
    '1.0.',
    '.1',
    '1!',
    '!1',
    '1!2!3',
    '1.0++a',
    '1.0+a..b',
    '1.0alpha1beta2',
    '１.0',
    '1.0\n2',
    'x'.repeat(300),
  ])('%j is none', (text) => {
    expect(readPythonVersion(text)).toBeUndefined();
    expect(() => parsePythonVersion(text)).toThrow(expect.objectContaining({ code: 'python_version' }));
  });

  test('with a millionfold text are refused at once', () => {
    const begun = performance.now();
    expect(readPythonVersion(`1${'.1'.repeat(500_000)}x`)).toBeUndefined();
    expect(readPythonVersion(`${'1.'.repeat(120)}x`)).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('specifiers', () => {
  test('mean the same when they were printed', () => {
    const clause = fc
      .tuple(fc.constantFrom('==', '!=', '<=', '>=', '<', '>', '~=', '==='), version)
      .map(([operator, text]) => `${operator} ${text.trim()}`)
      .filter((text) => readSpecifier(text) !== undefined);
    fc.assert(
      fc.property(fc.array(clause, { maxLength: 4 }), version, (clauses, text) => {
        const specifier = parseSpecifier(clauses.join(' , '));
        const printed = parseSpecifier(printSpecifier(specifier));
        expect(printSpecifier(printed)).toBe(printSpecifier(specifier));
        const found = parsePythonVersion(text);
        expect(specifierAllows(printed, found)).toBe(specifierAllows(specifier, found));
      }),
    );
  });

  test.each([
    '1.0',
    '=1.0',
    '>=',
    '>=1.0.*',
    '~=1',
    '>=1.0 <2',
    '>=1.0+local',
    '==1.0.*+x',
    '==1.0a1.*',
    '==*',
    '=>1',
    `>=1${',>=1'.repeat(1000)}`,
  ])('%.40j is none', (text) => {
    expect(readSpecifier(text)).toBeUndefined();
    expect(() => parseSpecifier(text)).toThrow(expect.objectContaining({ code: 'python_specifier' }));
  });

  test('without clauses admit all, and only === admits what is no version', () => {
    expect(specifierAllows(parseSpecifier(''), '2004d')).toBe(true);
    expect(specifierAllows(parseSpecifier('===2004D'), '2004d')).toBe(true);
    expect(specifierAllows(parseSpecifier('!=1.0'), '2004d')).toBe(false);
  });

  test.each([
    ['>=1.0', ['1.0', '1.1', '2.0b1'], ['1.0', '1.1']],
    ['>=1.5', ['1.0', '2.0b1', '2.0.dev1'], ['2.0b1', '2.0.dev1']],
    ['>=1.0,<2.0b2', ['1.0', '2.0b1', '2.0b2'], ['1.0', '2.0b1']],
    ['!=1.0b1', ['1.0', '2.0b1'], ['1.0']],
    ['', ['1.0rc1'], ['1.0rc1']],
    ['==1.0rc1', ['1.0', '1.0rc1'], ['1.0rc1']],
  ])('an installer asked for %j of %j considers %j', (specifier, versions, considered) => {
    const found = installable(parseSpecifier(specifier), versions.map(parsePythonVersion));
    expect(found.map(({ text }) => text)).toEqual(considered);
  });

  test('name pre-releases or not', () => {
    expect(namesPrerelease(parseSpecifier('===1.0.dev1'))).toBe(true);
    expect(namesPrerelease(parseSpecifier('>=1,<2.post1'))).toBe(false);
    expect(isPrerelease(parsePythonVersion('1.post1.dev2'))).toBe(true);
  });
});
