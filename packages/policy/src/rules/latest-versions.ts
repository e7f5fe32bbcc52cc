import { comparePythonVersions, parsePythonVersion } from '@sluice/formats/pypi';
import type { Facts } from '../facts/facts.ts';
import type { Rule } from '../rule.ts';

/**
 * Is this one of a project's newest versions, among those that the rules before let pass? It must see all files of a project at
 * once, as a publication does; where it sees one alone it has nothing against it.
 */
export function latestVersionsRule(count: number): Rule {
  return {
    code: 'latest_versions',
    scope: 'mirror',
    text: `latest_versions: ${count}`,
    remedy: 'Choose a newer version, or ask the owner of the mirror to keep more of them.',
    prepare: (facts) => {
      let newest: Map<number, ReadonlySet<number>> | undefined;
      return {
        denies(i, kept) {
          if (facts.type !== 'python') return false;
          newest ??= newestVersions(facts, count, kept);
          return newest.get(facts.name[i]!)?.has(facts.version[i]!) === false;
        },
        evidence: (i) => `${facts.versions[facts.version[i]!]} is not among the newest`,
      };
    },
  };
}

/** By project, the numbers of its newest versions of which anything is kept. */
function newestVersions(
  { count: rows, name, version, versions }: Facts,
  count: number,
  kept: (i: number) => boolean,
): Map<number, ReadonlySet<number>> {
  const shown = new Map<number, Set<number>>();
  for (let i = 0; i < rows; i++) {
    if (!kept(i)) continue;
    const known = shown.get(name[i]!) ?? new Set();
    shown.set(name[i]!, known.add(version[i]!));
  }
  const parsed = new Map<number, ReturnType<typeof parsePythonVersion>>();
  const read = (id: number) => {
    const known = parsed.get(id) ?? parsePythonVersion(versions[id]!);
    parsed.set(id, known);
    return known;
  };
  const newest = new Map<number, ReadonlySet<number>>();
  for (const [project, ids] of shown) {
    newest.set(project, new Set([...ids].sort((a, b) => comparePythonVersions(read(b), read(a))).slice(0, count)));
  }
  return newest;
}
