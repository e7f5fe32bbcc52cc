import { createHash } from 'node:crypto';

/** The SHA-256 of bytes that are here as a whole. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
