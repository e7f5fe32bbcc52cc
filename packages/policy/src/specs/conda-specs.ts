import {
  type CondaVersion,
  literalName,
  type MatchFields,
  type MatchSpec,
  matches,
  parseMatchSpec,
  parseVersion,
  usedKeys,
} from '@sluice/formats/conda';
import { hexAt } from '../facts/digests.ts';
import type { Facts } from '../facts/facts.ts';
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
    const versions: (CondaVersion | undefined)[] = [];
    const version = (id: number) => {
      versions[id] ??= parseVersion(facts.versions[id]!);
      return versions[id];
    };
    const first = (candidates: readonly Candidate[], i: number) => {
      const fields = matchFields(facts, i, version);
      return candidates.find(({ spec }) => matches(spec, fields))?.text;
    };
    // Once a name that is asked for, and mostly few are: patterns of names would be asked again for each of its files.
    const perName: (Asked | null)[] = [];
    const ask = (name: string): Asked | null => {
      const candidates = [
        ...(byName.get(name.toLowerCase()) ?? []),
        ...open.filter(({ spec }) => spec.name.test(name)),
      ];
      if (candidates.length === 0) return null;
      // A version has many builds, which most specs do not look at: they are asked once a version.
      return { candidates, byVersion: candidates.every(asksVersionAlone) ? new Map() : undefined };
    };
    return {
      match(i) {
        const name = facts.name[i]!;
        let asked = perName[name];
        if (asked === undefined) {
          asked = ask(facts.names[name]!);
          perName[name] = asked;
        }
        if (asked === null) return undefined;
        const { candidates, byVersion } = asked;
        if (!byVersion) return first(candidates, i);
        const id = facts.version[i]!;
        if (!byVersion.has(id)) byVersion.set(id, first(candidates, i));
        return byVersion.get(id);
      },
    };
  };
}

/** A match spec and how it was written. */
interface Candidate {
  text: string;
  spec: MatchSpec;
}

/** The specs that may match a name, and what they answer for its versions, if they ask for no more. */
interface Asked {
  candidates: readonly Candidate[];
  byVersion: Map<number, string | undefined> | undefined;
}

function asksVersionAlone({ spec }: Candidate): boolean {
  return usedKeys(spec).every((key) => key === 'name' || key === 'version');
}

/** Row i as a match spec sees it. */
export function matchFields(facts: Facts, i: number, version: (id: number) => CondaVersion): MatchFields {
  return new RowFields(facts, i, version);
}

/** A class, since there is one for each version that is looked at, and getters of a literal are made anew each time. */
class RowFields implements MatchFields {
  readonly #facts: Facts;
  readonly #row: number;
  readonly #version: (id: number) => CondaVersion;

  constructor(facts: Facts, row: number, version: (id: number) => CondaVersion) {
    this.#facts = facts;
    this.#row = row;
    this.#version = version;
  }

  get name() {
    return this.#facts.names[this.#facts.name[this.#row]!]!;
  }
  get version() {
    return this.#version(this.#facts.version[this.#row]!);
  }
  get build() {
    return this.#facts.builds.at(this.#row);
  }
  get build_number() {
    return this.#facts.buildNumber[this.#row]!;
  }
  get subdir() {
    return this.#facts.subdir;
  }
  get license() {
    return this.#licence.license;
  }
  get license_family() {
    return this.#licence.family;
  }
  get fn() {
    return this.#facts.file(this.#row);
  }
  get md5() {
    return hexAt(this.#facts.digests, 'md5', this.#row);
  }
  get sha256() {
    return hexAt(this.#facts.digests, 'sha256', this.#row);
  }
  get #licence() {
    return this.#facts.licences[this.#facts.licence[this.#row]!]!;
  }
}
