import type { RuleScope } from '../decision.ts';
import type { Rule } from '../rule.ts';
import { specSet } from '../specs/spec-set.ts';
import { listText } from './list-text.ts';

/** Is this file excluded by a spec, and not re-added by one of `include`? */
export function excludeSpecsRule(scope: RuleScope, exclude: readonly string[], include: readonly string[]): Rule {
  const prepareExclude = specSet(exclude);
  const prepareInclude = specSet(include);
  return {
    code: scope === 'channel' ? 'channel_exclude_specs' : 'exclude_specs',
    scope,
    text: `exclude_specs: ${listText(exclude)}`,
    remedy: `Choose another version, or ask the owner of the ${scope} for an include_specs entry.`,
    prepare: (facts) => {
      const excluded = prepareExclude(facts);
      const included = prepareInclude(facts);
      return {
        denies: (i) => excluded.match(i) !== undefined && included.match(i) === undefined,
        evidence: (i) => `it matches ${excluded.match(i)}`,
      };
    },
  };
}
