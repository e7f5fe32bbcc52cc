import {
  type CondaVersion,
  literalName,
  type MatchFields,
  type MatchSpec,
  matches,
  parseMatchSpec,
  parseVersion,
} from '@sluice/formats/conda';
import { type Facts, hexAt } from '../facts/facts.ts';
import type { SpecTest } from './spec-test.ts';

/** Match specs as one question: does any of them match? @throws {FormatError} as `parseMatchSpec`. */
export function condaSpecs(texts: readonly string[]): (facts: Facts) => SpecTest {
  const specs = texts.map((text): Candidate => ({ text, spec: parseMatchSpec(text) }));
  const byName = new Map<string, Candidate[]>();
  const open: Candidate[] = [];
  for (const candidate of specs) {
    const name = literalName(candidate.spec);
    if (name === undefined) open.push(candidate);
    else byName.set(name, [...(byName.get(name) ?? []), candidate]);
  }
  return (facts) => {
    // Once a name: patterns of names would be asked again for each of its files.
    const perName = facts.names.map((name) => [
      ...(byName.get(name.toLowerCase()) ?? []),
      ...open.filter(({ spec }) => spec.name.test(name)),
    ]);
    const versions: (CondaVersion | undefined)[] = [];
    const version = (id: number) => {
      versions[id] ??= parseVersion(facts.versions[id]!);
      return versions[id];
    };
    return {
      match(i) {
        const candidates = perName[facts.name[i]!]!;
        if (candidates.length === 0) return undefined;
        const fields = matchFields(facts, i, version);
        return candidates.find(({ spec }) => matches(spec, fields))?.text;
      },
    };
  };
}

/** A match spec and how it was written. */
interface Candidate {
  text: string;
  spec: MatchSpec;
}

/** Row i as a match spec sees it. */
export function matchFields(facts: Facts, i: number, version: (id: number) => CondaVersion): MatchFields {
  const { license, family } = facts.licences[facts.licence[i]!]!;
  return {
    name: facts.names[facts.name[i]!]!,
    get version() {
      return version(facts.version[i]!);
    },
    get build() {
      return facts.builds.at(i);
    },
    build_number: facts.buildNumber[i]!,
    subdir: facts.subdir,
    ...(license === undefined ? {} : { license }),
    ...(family === undefined ? {} : { license_family: family }),
    get fn() {
      return facts.file(i);
    },
    get md5() {
      return hexAt(facts.md5, 16, i);
    },
    get sha256() {
      return hexAt(facts.sha256, 32, i);
    },
  };
}
