import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { printWheelTag, readPythonFileName } from './file-name.ts';
import { normaliseProjectName } from './project-name.ts';
import { parseSpecifier, printSpecifier, readSpecifier, specifierAllows } from './specifier.ts';
import { comparePythonVersions, parsePythonVersion, readPythonVersion } from './version.ts';

interface Vectors {
  order: string[];
  normalise: Record<string, string | null>;
  specifier: [string, string, boolean][];
  wheel: [string, [string, string, [] | [number, string], string[]] | null][];
  sdist: [string, [string, string] | null][];
  name: [string, string][];
}
interface Oracle {
  groups: string[][];
  normal: Record<string, string>;
  specifiers: [string, Record<string, boolean> | null, string][];
}

const load = (name: string) => JSON.parse(readFileSync(new URL(`./testdata/${name}.json`, import.meta.url), 'utf8'));
const vectors: Vectors = load('vectors');
const oracle: Oracle = load('versions');

test.each(vectors.name)('the project %s is %s', (written, normal) => {
  expect(normaliseProjectName(written)).toBe(normal);
});

test.each(Object.entries(vectors.normalise))('the version %j is %j', (written, normal) => {
  expect(readPythonVersion(written)?.text ?? null).toBe(normal);
});

test('random versions are normalised as packaging does', () => {
  const ours = Object.keys(oracle.normal).map((text) => [text, parsePythonVersion(text).text]);
  expect(Object.fromEntries(ours)).toEqual(oracle.normal);
});

test.each([
  ['of the PEP', vectors.order.map((text) => [text])],
  ['at random', oracle.groups],
])('versions %s have the order that packaging gives them', (_, groups) => {
  const ranked = groups.flatMap((texts, rank) => texts.map((text) => ({ rank, version: parsePythonVersion(text) })));
  for (const one of ranked) {
    const wrong = ranked.filter(
      (other) => Math.sign(comparePythonVersions(one.version, other.version)) !== Math.sign(one.rank - other.rank),
    );
    expect(wrong.map(({ version }) => [one.version.text, version.text])).toEqual([]);
  }
});

test.each(vectors.specifier)('%s meets %s: %s', (version, specifier, meets) => {
  expect(specifierAllows(parseSpecifier(specifier), parsePythonVersion(version))).toBe(meets);
});

test('random specifiers are read, printed and met as by packaging', () => {
  const wrong: unknown[] = [];
  for (const [text, answers, printed] of oracle.specifiers) {
    const specifier = readSpecifier(text);
    if ((specifier === undefined) !== (answers === null)) wrong.push([text, 'validity', answers !== null]);
    if (specifier === undefined || answers === null) continue;
    if (printSpecifier(specifier) !== printed) wrong.push([text, printSpecifier(specifier), printed]);
    for (const [version, meets] of Object.entries(answers)) {
      if (specifierAllows(specifier, parsePythonVersion(version)) !== meets) wrong.push([version, text, meets]);
    }
  }
  expect(wrong).toEqual([]);
});

describe('file names are read as by packaging', () => {
  test.each(vectors.wheel)('%s', (fileName, parts) => {
    const wheel = readPythonFileName(fileName);
    if (parts === null) return expect(wheel).toBeUndefined();
    if (wheel?.kind !== 'wheel') return expect.unreachable();
    const build = wheel.build === undefined ? [] : [wheel.build.number, wheel.build.suffix];
    expect([wheel.name, wheel.version.text, build, wheel.tags.map(printWheelTag)]).toEqual(parts);
  });

  test.each(vectors.sdist)('%s', (fileName, parts) => {
    const sdist = readPythonFileName(fileName);
    expect(sdist === undefined ? null : [sdist.name, sdist.version.text]).toEqual(parts);
  });
});
