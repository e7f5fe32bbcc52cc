import { randomOf } from '../synthetic/random.ts';
import { fateUnder } from './expected.ts';
import type { KnownPart } from './known-part.ts';
import { compareVersions, type NameRule, nameTest } from './name-rule.ts';
import type { FilterRules } from './rules.ts';

/**
 * So many rules `<name> <version`, each of which leaves some shown versions of its name and takes others away, so that its
 * shard has to be written again. Spread over the alphabet; fewer when there are not so many such names.
 *
 * @param used names that are not to be taken; those that are taken are added.
 */
export function editNames(part: KnownPart, rules: FilterRules, count: number, used: Set<string>): NameRule[] {
  const fateOf = fateUnder(rules);
  const isIncluded = nameTest(rules.include);
  const shown = new Map<string, Set<string>>();
  for (const record of part.records) {
    // What is included stays whatever is excluded.
    if (used.has(record.name) || isIncluded(record.name, record.version) || fateOf(record) !== 'shown') continue;
    const versions = shown.get(record.name) ?? new Set();
    shown.set(record.name, versions.add(record.version));
  }
  const random = randomOf(11, used.size);
  const candidates = [...shown]
    .filter(([, versions]) => versions.size >= 3)
    .map(([name, versions]) => ({ name, versions, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count);
  return candidates.map(({ name, versions }) => {
    used.add(name);
    const inOrder = [...versions].sort(compareVersions);
    return { name, below: inOrder[inOrder.length >> 1]! };
  });
}
