import type { LicenceFamily } from './family.ts';
import { guessGnu } from './gnu.ts';
import type { LicenceLeaf } from './tree.ts';

/**
 * The leaf of an SPDX `LicenseRef-…`. Its name was invented by whoever wrote it, so it is believed only where that
 * makes the licence stricter, or when it says public domain: `LicenseRef-MIT-like` is not MIT.
 */
export function readLicenceRef(ref: string, exception?: string): LicenceLeaf {
  const spdx = exception === undefined ? ref : `${ref} WITH ${exception}`;
  return { kind: 'leaf', spdx, id: undefined, families: familiesOfRef(ref.replace(/^.*LicenseRef-/, '')) };
}

function familiesOfRef(name: string): readonly LicenceFamily[] {
  const gnu = guessGnu(name);
  if (gnu !== undefined) return gnu.families;
  if (isProprietary(name)) return ['Proprietary'];
  return isPublicDomain(name) ? ['Public-Domain'] : ['Other'];
}

/** Whether a text calls a licence proprietary. "Non-commercial" does not. */
export function isProprietary(text: string): boolean {
  return /proprietary|(?<!non[\s_-]?)commercial|all[\s_-]rights[\s_-]reserved|\beula\b|end[\s_-]user/i.test(text);
}

/** Whether a text dedicates something to the public domain. */
export function isPublicDomain(text: string): boolean {
  return /public[\s_-]?domain/i.test(text);
}
