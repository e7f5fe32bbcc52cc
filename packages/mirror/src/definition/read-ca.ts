import { createHash, X509Certificate } from 'node:crypto';
import type { DefinitionIssue } from '../errors.ts';

/** A certificate as people know it again. `fingerprint`: SHA-256, as openssl prints it. */
export interface CertificateInfo {
  subject: string;
  fingerprint: string;
  expires_at: Date;
}

const mostLength = 256 * 1024;
const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/**
 * Read the certificates that somebody gave for a source, as PEM text.
 *
 * @returns the same in one spelling, whatever stood around them; null for none.
 */
export function readCa(value: unknown): { ca: string | null } | { issue: DefinitionIssue } {
  if (value === undefined || value === null || value === '') return { ca: null };
  if (typeof value !== 'string' || value.length > mostLength) return refused('it is no text of at most 256 KiB');
  const blocks = [...value.matchAll(block)];
  if (blocks.some(([, label]) => label?.includes('PRIVATE KEY')))
    return refused('it holds a private key, which belongs to nobody but its owner');
  const certificates = blocks.filter(([, label]) => label === 'CERTIFICATE' || label === 'TRUSTED CERTIFICATE');
  if (certificates.length === 0) return refused('no certificate stands in it');
  try {
    return { ca: certificates.map(([text]) => new X509Certificate(text).toString()).join('') };
  } catch {
    return refused('one of its certificates cannot be read');
  }
}

/** What tells two lists of certificates apart. */
export function caKey(ca: string | null): Uint8Array | null {
  return ca === null ? null : createHash('sha256').update(ca).digest();
}

/** The certificates of {@link readCa}'s text. */
export function certificatesIn(ca: string | null): CertificateInfo[] {
  return [...(ca ?? '').matchAll(block)].map(([text]) => {
    const { subject, fingerprint256, validTo } = new X509Certificate(text);
    return { subject: subject.replaceAll('\n', ', '), fingerprint: fingerprint256, expires_at: new Date(validTo) };
  });
}

function refused(why: string): { issue: DefinitionIssue } {
  return {
    issue: {
      field: 'ca',
      code: 'ca_invalid',
      message: `The certificates cannot be used: ${why}. Write PEM, -----BEGIN CERTIFICATE----- and so on.`,
    },
  };
}
