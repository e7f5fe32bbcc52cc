import type { Facts } from '../facts/facts.ts';
import type { Rule } from '../rule.ts';

/**
 * Does its index show that somebody signed this file? Of conda that is an entry under `signatures`, of Python the address of
 * attestations; R signs nothing. Whether a signature holds is for the client to verify.
 *
 * @see product.md SG-01, PEP 740
 */
export function signatureRule(): Rule {
  return {
    code: 'signature',
    scope: 'mirror',
    text: 'only_signed: true',
    remedy: 'Choose a file that is signed, or ask the owner of the mirror to let others through.',
    prepare: (facts) => ({
      denies: (i) => facts.signed[i] !== 1,
      evidence: () => nothing[facts.type],
    }),
  };
}

const nothing: Record<Facts['type'], string> = {
  conda: 'the index has no signature of it',
  python: 'the index has no attestations of it',
  r: 'packages of R are not signed',
  file: 'general files are not signed',
};
