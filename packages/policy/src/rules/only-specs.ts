import type { Rule } from '../rule.ts';
import { specSet } from '../specs/spec-set.ts';
import { listText } from './list-text.ts';

/** Is this file one of those the mirror is limited to? */
export function onlySpecsRule(specs: readonly string[]): Rule {
  const prepare = specSet(specs);
  return {
    code: 'only_specs',
    scope: 'mirror',
    text: `only_specs: ${listText(specs)}`,
    remedy: 'Ask the owner of the mirror to add the package to its list.',
    prepare: (facts) => {
      const { match } = prepare(facts);
      return { denies: (i) => match(i) === undefined, evidence: () => 'it matches none of the specs' };
    },
  };
}
