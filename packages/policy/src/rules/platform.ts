import type { NeededSet } from '../needed/needed-set.ts';
import type { Rule } from '../rule.ts';
import { listText } from './list-text.ts';

/**
 * Is this subdir one that the mirror brings in?
 *
 * @param needed the noarch files that come along when noarch is not named; none when left out.
 */
export function platformRule(subdirs: readonly string[], needed?: NeededSet): Rule {
  return {
    code: 'platform',
    scope: 'mirror',
    text: `subdirs: ${listText(subdirs)}`,
    remedy: 'Ask the owner of the mirror to add the platform.',
    prepare: ({ subdir, file }) => {
      if (subdirs.includes(subdir)) return { denies: () => false, evidence: () => `the platform is ${subdir}` };
      const comesAlong = subdir === 'noarch' ? needed : undefined;
      return {
        denies: (i) => !comesAlong?.has(subdir, file(i)),
        evidence: () =>
          subdir === 'noarch'
            ? 'it is noarch, and nothing that the mirror keeps of its platforms depends on it'
            : `the platform is ${subdir}`,
      };
    },
  };
}
