import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** What stands before the 32 raw bytes of an ed25519 public key in its DER form. @see RFC 8410 */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Whose bundles are believed: public keys by their issuer, the first 16 hex digits of the SHA-256 of the raw key. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

/** The issuer of a raw public key (32 bytes). */
export function issuerOf(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex').slice(0, 16);
}

/**
 * Read public keys as people hand them on: the 32 raw bytes as base64 or hex, each.
 *
 * @returns undefined when one is none.
 */
export function trustedKeys(texts: readonly string[]): TrustedKeys | undefined {
  const keys = new Map<string, KeyObject>();
  for (const text of texts) {
    const raw = rawKey(text.trim());
    if (!raw) return undefined;
    keys.set(issuerOf(raw), createPublicKey({ key: Buffer.concat([derPrefix, raw]), format: 'der', type: 'spki' }));
  }
  return keys;
}

function rawKey(text: string): Buffer | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}
