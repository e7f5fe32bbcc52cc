import type { Facts } from '../facts/facts.ts';
import type { SpecTest } from './spec-test.ts';

/** A spec of a format whose specs are a name, with `*` for any text, and versions. */
export interface NamedSpec<Version> {
  /** As written. */
  text: string;
  /** In the spelling of facts, `*` for any text. */
  name: string;
  allows(version: Version): boolean;
}

/**
 * Such specs as one question: does any of them match? Each name and version of the facts is looked at once.
 *
 * @param readVersion what a version of the facts says.
 */
export function namedSpecs<Version>(
  specs: readonly NamedSpec<Version>[],
  readVersion: (text: string) => Version,
): (facts: Facts) => SpecTest {
  const tests = specs.map((spec) => ({ spec, matchesName: nameTest(spec.name) }));
  return (facts) => {
    const perName = facts.names.map((name) =>
      tests.flatMap(({ spec, matchesName }) => (matchesName(name) ? spec : [])),
    );
    const versions: Version[] = [];
    return {
      match(i) {
        const candidates = perName[facts.name[i]!]!;
        if (candidates.length === 0) return undefined;
        const id = facts.version[i]!;
        versions[id] ??= readVersion(facts.versions[id]!);
        return candidates.find((spec) => spec.allows(versions[id]!))?.text;
      },
    };
  };
}

/** Whether a name is what a pattern says, in which `*` stands for any text. */
export function nameTest(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const escaped = pattern.split(/\*+/).map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'));
  const shape = new RegExp(`^${escaped.join('.*')}$`, 's');
  return (name) => shape.test(name);
}
