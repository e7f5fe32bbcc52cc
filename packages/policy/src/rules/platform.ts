import type { Rule } from '../rule.ts';
import { listText } from './list-text.ts';

/** Is this subdir one that the mirror brings in? */
export function platformRule(subdirs: readonly string[]): Rule {
  return {
    code: 'platform',
    scope: 'mirror',
    text: `subdirs: ${listText(subdirs)}`,
    remedy: 'Ask the owner of the mirror to add the platform.',
    prepare: (facts) => {
      const wrong = !subdirs.includes(facts.subdir);
      return { denies: () => wrong, evidence: () => `the platform is ${facts.subdir}` };
    },
  };
}
