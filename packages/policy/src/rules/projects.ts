import type { Rule } from '../rule.ts';
import { listText } from './list-text.ts';

/** Is this one of the projects that the mirror is made for, or what comes along with them? */
export function projectsRule(projects: readonly string[], dependencies: readonly string[] = []): Rule {
  const wanted = new Set([...projects, ...dependencies]);
  return {
    code: 'name',
    scope: 'mirror',
    text: `projects: ${listText(projects)}`,
    remedy: 'Ask the owner of the mirror to add the project.',
    prepare: ({ names, name }) => {
      const denied = names.map((text) => !wanted.has(text));
      return {
        denies: (i) => denied[name[i]!]!,
        evidence: (i) => `${names[name[i]!]} is not among the projects of the mirror`,
      };
    },
  };
}
