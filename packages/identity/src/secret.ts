import { createHash, randomBytes } from 'node:crypto';
import { TOKEN_PREFIX } from './credentials.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A new token: `slc-` and 32 letters and digits, 190 bits.
 *
 * @see conda's `/t/([a-zA-Z0-9-]*)`: any other character, an underscore above all, would cut the token short.
 */
export function newTokenSecret(): string {
  return TOKEN_PREFIX + randomText(32);
}

/** `length` random letters and digits. */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 = 4 × 62: bytes above it would make the first letters likelier.
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

/** What is stored of a token, and what a cached credential is known by. A random secret needs no slow hash. */
export function secretDigest(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}
