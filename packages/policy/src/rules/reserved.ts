import { reservedNames } from '../reserved-names.ts';
import type { Rule } from '../rule.ts';
import { listText } from './list-text.ts';

/** Is this a name that the house keeps for packages of its own? */
export function reservedRule(patterns: readonly string[]): Rule {
  return {
    code: 'reserved',
    scope: 'installation',
    text: `reserved names: ${listText(patterns)}`,
    remedy:
      'Mirrors never bring in a name that is kept for packages of this house: take the package from the channel that hosts it, or ask an administrator to free the name.',
    prepare: (facts) => {
      const find = reservedNames(patterns, facts.type);
      const perName = facts.names.map(find);
      return {
        denies: (i) => perName[facts.name[i]!] !== undefined,
        evidence: (i) => `the name ${facts.names[facts.name[i]!]} is reserved (${perName[facts.name[i]!]})`,
      };
    },
  };
}
