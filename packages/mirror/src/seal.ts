import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { MirrorError } from './errors.ts';
import type { SourceSecret } from './source-address.ts';

/** Seals the secrets of sources for the database, with the server's key. */
export interface Sealer {
  /** The columns `credential` and `credential_key` of a source; both null when there is no secret. */
  seal(secret: SourceSecret): { credential: Uint8Array | null; credential_key: Uint8Array | null };
  /** @throws {MirrorError} `upstream_denied` when another key sealed it. */
  open(credential: Uint8Array | null): SourceSecret;
}

const versionByte = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM under a key derived from `SLUICE_SECRET_KEY`; layout: version, nonce, tag, text. */
export function createSealer(secretKey: Uint8Array): Sealer {
  const derived = (use: string) =>
    new Uint8Array(hkdfSync('sha256', secretKey, new Uint8Array(0), `sluice source credential ${use}`, 32));
  const key = derived('sealing');
  const hashKey = derived('comparing');
  return {
    seal(secret) {
      const text = JSON.stringify(Object.entries(secret).sort());
      if (text === '[]') return { credential: null, credential_key: null };
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
      return {
        credential: Buffer.concat([Buffer.of(versionByte), nonce, cipher.getAuthTag(), sealed]),
        credential_key: createHmac('sha256', hashKey).update(text).digest(),
      };
    },
    open(credential) {
      if (credential === null) return {};
      try {
        const nonce = credential.subarray(1, 1 + nonceBytes);
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
        decipher.setAuthTag(credential.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes));
        const text = Buffer.concat([decipher.update(credential.subarray(1 + nonceBytes + tagBytes)), decipher.final()]);
        return Object.fromEntries(JSON.parse(text.toString()) as [string, string][]);
      } catch (cause) {
        throw new MirrorError(
          'upstream_denied',
          'The stored credentials of the source cannot be opened: SLUICE_SECRET_KEY has changed. Enter them again.',
          { cause },
        );
      }
    },
  };
}
