import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../errors.ts';
import { type MatchFields, matches } from './match-spec.ts';
import { parseMatchSpec } from './match-spec-parse.ts';
import { printMatchSpec } from './match-spec-print.ts';
import { compareVersions, parseVersion } from './version.ts';
import { versionMatches } from './version-spec.ts';
import { parseVersionSpec } from './version-spec-parse.ts';

interface Vectors {
  version_compare: [string, string, number][];
  version_spec: [string, string, boolean][];
  version_validity: [string, 'ok' | 'ERR'][];
  matchspec_parse: [string, string | null][];
  matchspec_record: MatchFields;
  matchspec_match: [string, boolean][];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('./testdata/conda-vectors.json', import.meta.url), 'utf8'));

describe('versions compare as in conda', () => {
  test.each(vectors.version_compare)('%s and %s', (a, b, order) => {
    expect(Math.sign(compareVersions(parseVersion(a), parseVersion(b)))).toBe(order);
    expect(Math.sign(compareVersions(parseVersion(b), parseVersion(a)))).toBe(order === 0 ? 0 : -order);
  });
});

describe('versions are valid as in conda', () => {
  test.each(vectors.version_validity)('%j: %s', (text, validity) => {
    if (validity === 'ok') expect(parseVersion(text).text).toBe(text);
    else expect(() => parseVersion(text)).toThrow(FormatError);
  });
});

describe('version specs match as in conda', () => {
  test.each(vectors.version_spec)('%s meets %s: %s', (version, spec, result) => {
    expect(versionMatches(parseVersionSpec(spec), parseVersion(version), version)).toBe(result);
  });
});

describe('match specs print as in conda', () => {
  // The vectors were written in the folder /pkgs, which conda puts before a bare file name.
  test.each(vectors.matchspec_parse)('%s: %s', (text, printed) => {
    if (printed === null) expect(() => parseMatchSpec(text)).toThrow(FormatError);
    else expect(printMatchSpec(parseMatchSpec(text, 'file:///pkgs'))).toBe(printed);
  });
});

describe('match specs match as in conda', () => {
  test.each(vectors.matchspec_match)('%s: %s', (spec, result) => {
    expect(matches(parseMatchSpec(spec), vectors.matchspec_record)).toBe(result);
  });
});
