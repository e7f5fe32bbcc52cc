import type { PackageType } from '@sluice/formats/package';
import type { Rule } from '../rule.ts';

/** Is this type of package one the channel holds? */
export function typeRule(types: readonly PackageType[]): Rule {
  return {
    code: 'type',
    scope: 'channel',
    text: `types: ${types.join(', ')}`,
    remedy: 'Ask the owner of the channel to add the type, or use a channel that has it.',
    prepare: (facts) => {
      const wrong = !types.includes(facts.type);
      return { denies: () => wrong, evidence: () => `the package is of type ${facts.type}` };
    },
  };
}
