import type { NeededSet } from '../needed/needed-set.ts';
import type { Rule } from '../rule.ts';
import { specSet } from '../specs/spec-set.ts';
import { listText } from './list-text.ts';

/**
 * Is this file one of those the mirror is limited to?
 *
 * @param needed the files that come along since these depend on them; none when left out.
 */
export function onlySpecsRule(specs: readonly string[], needed?: NeededSet): Rule {
  const prepare = specSet(specs);
  return {
    code: 'only_specs',
    scope: 'mirror',
    text: `only_specs: ${listText(specs)}`,
    remedy: 'Ask the owner of the mirror to add the package to its list.',
    prepare: (facts) => {
      const { match } = prepare(facts);
      return {
        denies: (i) => match(i) === undefined && !needed?.has(facts.subdir, facts.file(i)),
        evidence: () =>
          needed
            ? 'it matches none of the specs, and nothing that is kept depends on it'
            : 'it matches none of the specs',
      };
    },
  };
}
