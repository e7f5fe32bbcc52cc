import { createHash } from 'node:crypto';

/** What stands before the first link. */
export const noHash: Uint8Array = new Uint8Array(32);

/** The hash of a link: of the link's before, then of its event as text. */
export function linkHash(before: Uint8Array, text: string): Uint8Array {
  return createHash('sha256').update(before).update(text).digest();
}
