import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import type { SslVerify } from './config-file.ts';
import { CliError } from './errors.ts';

/**
 * Have this process check the server's certificate as the settings say: `false` does not, a path trusts nobody but the
 * authorities in that PEM file.
 *
 * @throws {CliError} `config_invalid` when the file holds no certificates.
 */
export function trust(verify: SslVerify): void {
  if (verify === true) return;
  if (verify === false) {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    return;
  }
  tls.setDefaultCACertificates(certificatesIn(verify));
}

function certificatesIn(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, 'a file that can be read', cause);
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!found) throw unreadable(file, 'certificates in PEM');
  return found;
}

function unreadable(file: string, wanted: string, cause?: unknown): CliError {
  return new CliError('config_invalid', `ssl_verify names ${file}, which cannot be used.`, {
    wanted,
    next: 'npx sluice config set ssl_verify <file>',
    cause,
  });
}
