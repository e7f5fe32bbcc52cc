import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { markerHolds, needsExtra, parseMarker, printMarker } from './marker.ts';
import { type MarkerEnvironment, markerEnvironment, markerPlatforms } from './marker-environment.ts';
import { parseRequirement, readRequirement } from './requirement.ts';
import { printSpecifier } from './specifier.ts';

interface Vectors {
  requirement: [
    string,
    { name: string; extras: string[]; spec: string; url: string | null; marker: string | null } | null,
  ][];
  marker_env: MarkerEnvironment;
  marker: [string, boolean][];
}
interface Oracle {
  markers: [text: string, printed: string, holds: string][];
  requirements: Record<string, [string, string[], string, string | null, string | null] | null>;
}

const load = (name: string) => JSON.parse(readFileSync(new URL(`./testdata/${name}.json`, import.meta.url), 'utf8'));
const vectors: Vectors = load('vectors');
const oracle: Oracle = load('markers');

/** A requirement in the parts that packaging names. */
function parts(text: string) {
  const found = readRequirement(text);
  return found === undefined
    ? null
    : {
        name: found.writtenName,
        extras: found.extras,
        spec: printSpecifier(found.specifier),
        url: found.url ?? null,
        marker: found.marker === undefined ? null : printMarker(found.marker),
      };
}

test.each(vectors.requirement)('%s', (text, expected) => {
  expect(parts(text)).toEqual(expected);
});

test.each(Object.entries(oracle.requirements))('%j is read as by packaging', (text, expected) => {
  const found = parts(text);
  expect(found === null ? null : [found.name, found.extras, found.spec, found.url, found.marker]).toEqual(expected);
});

test.each(vectors.marker)('%s: %s', (text, holds) => {
  expect(markerHolds(parseMarker(text), vectors.marker_env)).toBe(holds);
});

describe('random markers', () => {
  const environments = [
    markerEnvironment('linux-64', { major: 3, minor: 12 }),
    markerEnvironment('osx-arm64', { major: 3, minor: 9 }, 'dev'),
    markerEnvironment('win-64', { major: 2, minor: 7 }, 'My_Extra'),
  ];

  test('hold as packaging says', () => {
    const wrong = oracle.markers.filter(([text, , holds]) => {
      const marker = parseMarker(text);
      return environments.map((environment) => Number(markerHolds(marker, environment))).join('') !== holds;
    });
    expect(wrong).toEqual([]);
  });

  test('mean the same when they were printed', () => {
    for (const [text] of oracle.markers) {
      const printed = printMarker(parseMarker(text));
      expect(printMarker(parseMarker(printed))).toBe(printed);
      for (const environment of environments) {
        expect(markerHolds(parseMarker(printed), environment)).toBe(markerHolds(parseMarker(text), environment));
      }
    }
  });
});

test.each([
  ["extra == 'dev'", true],
  ["python_version < '3' and 'dev' == extra", true],
  ["extra == 'a' or extra == 'b'", true],
  ["extra == 'a' or os_name == 'nt'", false],
  ["extra != 'a'", false],
  ["os_name == 'nt'", false],
])('%s is for an extra: %s', (text, needs) => {
  expect(needsExtra(parseMarker(text))).toBe(needs);
});

test('names are compared as projects are', () => {
  expect(parseRequirement('Foo.Bar[X]').name).toBe('foo-bar');
});

test('texts are bounded', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}os_name=='nt'${')'.repeat(depth)}`;
  expect(() => parseMarker(nested(50))).not.toThrow();
  expect(() => parseMarker(nested(51))).toThrow(expect.objectContaining({ code: 'python_marker' }));
  expect(() => parseMarker('('.repeat(1_000_000))).toThrow(expect.objectContaining({ code: 'python_marker' }));
  expect(() => parseRequirement(`a${' '.repeat(9000)}`)).toThrow(
    expect.objectContaining({ code: 'python_requirement' }),
  );
});

test('there are environments for the usual platforms', () => {
  expect(markerPlatforms).toEqual(['linux-64', 'linux-aarch64', 'osx-64', 'osx-arm64', 'win-64', 'win-arm64']);
  const windows = markerEnvironment('win-arm64', { major: 3, minor: 14 });
  expect(
    markerHolds(parseMarker("sys_platform=='win32' and platform_machine=='ARM64' and python_version>='3.9'"), windows),
  ).toBe(true);
});
