import { excerpt, FormatError } from '../errors.ts';

export { type Blake2b256, createBlake2b256 } from './blake2b.ts';
export { bytesToHex } from './hex.ts';

declare const brand: unique symbol;

/** A SHA-256 as 64 lower-case hex digits. Made only by {@link parseSha256}, so a `Sha256` in hand is well formed. */
export type Sha256 = string & { readonly [brand]: 'sha256' };

/** An MD5 as 32 lower-case hex digits. Made only by {@link parseMd5}. */
export type Md5 = string & { readonly [brand]: 'md5' };

const SHA256 = /^[0-9a-f]{64}$/;
const MD5 = /^[0-9a-f]{32}$/;

/**
 * Read a SHA-256 written in hex, in either case.
 *
 * @throws {FormatError} `digest_sha256`.
 */
export function parseSha256(text: string): Sha256 {
  const hex = text.toLowerCase();
  if (SHA256.test(hex)) return hex as Sha256;
  throw wrongDigest('digest_sha256', 'SHA-256', 64, text);
}

/**
 * Read an MD5 written in hex, in either case.
 *
 * @throws {FormatError} `digest_md5`.
 */
export function parseMd5(text: string): Md5 {
  const hex = text.toLowerCase();
  if (MD5.test(hex)) return hex as Md5;
  throw wrongDigest('digest_md5', 'MD5', 32, text);
}

/** The 32 bytes of a SHA-256. */
export function sha256ToBytes(digest: Sha256): Uint8Array {
  return hexToBytes(digest);
}

/** The 16 bytes of an MD5. */
export function md5ToBytes(digest: Md5): Uint8Array {
  return hexToBytes(digest);
}

function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (nibble(hex, 2 * i) << 4) | nibble(hex, 2 * i + 1);
  return bytes;
}

/** The value of one lower-case hex digit. */
function nibble(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

function wrongDigest(code: 'digest_sha256' | 'digest_md5', name: string, digits: number, text: string): FormatError {
  return new FormatError(code, `This is no ${name}: give it as ${digits} hex digits.`, {
    wanted: `${digits} hex digits`,
    found: excerpt(text),
  });
}
