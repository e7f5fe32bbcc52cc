import type { Rule } from '../rule.ts';

/**
 * Is this file hit by no advisory with a score above the threshold? What no advisory speaks of passes, and so does everything
 * while the facts have no findings.
 *
 * @param most 0.0 to 10.0.
 */
export function cveScoreRule(most: number): Rule {
  return {
    code: 'cve',
    scope: 'mirror',
    text: `cve_score_threshold: ${most.toFixed(1)}`,
    remedy: 'Choose a version without that finding, or ask the owner of the mirror to raise the threshold.',
    prepare: ({ findings }) => ({
      denies: (i) => findings !== undefined && findings.score(i) > most,
      evidence: (i) => `its highest score is ${findings?.score(i).toFixed(1)}`,
    }),
  };
}

/** Is this file hit by no advisory that still waits for a curator? */
export function uncuratedRule(): Rule {
  return {
    code: 'uncurated',
    scope: 'mirror',
    text: 'exclude_non_curated_cve: true',
    remedy: 'Wait until a curator has looked at its findings, or choose a version without them.',
    prepare: ({ findings }) => ({
      denies: (i) => findings?.isUncurated(i) === true,
      evidence: () => 'one of its findings has not been curated',
    }),
  };
}
