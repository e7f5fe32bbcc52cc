import type { Rule } from '../rule.ts';

/**
 * Is this a `.tar.bz2` whose `.conda` twin is kept? Last of all rules, so that the old format stays when the new one
 * was refused.
 */
export function legacyRule(): Rule {
  return {
    code: 'duplicated_legacy_conda',
    scope: 'mirror',
    text: 'keep_legacy: off',
    remedy: 'Use the .conda file of the same build, or ask the owner of the mirror to keep legacy packages.',
    prepare: ({ twin, file }) => ({
      denies: (i, kept) => twin[i]! >= 0 && kept(twin[i]!),
      evidence: (i) => `the same build is there as ${file(twin[i]!)}`,
    }),
  };
}
