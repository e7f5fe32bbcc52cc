import { packageTypeOf } from '@sluice/formats/package';

/**
 * Whether what a file of one part depends on is looked for in another: of conda in its own subdir and in noarch, and for a file of
 * noarch, which is installed everywhere, in all; of R in its own tree.
 */
export function reaches(from: string, to: string): boolean {
  if (from === to) return true;
  return packageTypeOf(from) === 'conda' && packageTypeOf(to) === 'conda' && (from === 'noarch' || to === 'noarch');
}
