import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, der, explicit, integer, octets, oid, sequence, set, text, time } from './der.ts';

/** A private certificate authority, made for one test. */
export interface TestAuthority {
  /** PEM; what a client must trust. */
  readonly ca: string;
  /** Make a server's key and certificate for these host names and addresses, the first of which is its name. Both PEM. */
  certify(...hosts: string[]): { key: string; cert: string };
}

/**
 * Make an authority that nobody trusts yet, valid from yesterday for a month (X.509 v3, RFC 5280; ECDSA on P-256).
 *
 * @param now of the machine on which certificates are looked at.
 */
export function makeTestAuthority(now = new Date()): TestAuthority {
  const authority = newKeys();
  const issuer = nameOf('Sluice test authority');
  const serials = { last: 0 };
  const issue = (subject: Buffer, keys: Keys, extensions: Buffer[]) => {
    serials.last += 1;
    const signed = sequence(
      explicit(0, integer(2)),
      integer(serials.last),
      sequence(oid('1.2.840.10045.4.3.2')),
      issuer,
      sequence(time(new Date(now.getTime() - day)), time(new Date(now.getTime() + 30 * day))),
      subject,
      keys.public,
      explicit(3, sequence(...extensions, authorityOf(authority))),
    );
    const signature = sign('sha256', signed, authority.private);
    return pem('CERTIFICATE', sequence(signed, sequence(oid('1.2.840.10045.4.3.2')), bits(signature)));
  };
  return {
    ca: issue(issuer, authority, [
      extension('2.5.29.19', sequence(boolean(true)), true),
      // keyCertSign and cRLSign.
      extension('2.5.29.15', der(0x03, Buffer.from([1, 0x06])), true),
      extension('2.5.29.14', octets(keyIdOf(authority))),
    ]),
    certify(...hosts) {
      const keys = newKeys();
      const names = hosts.map((host) =>
        isIP(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
      );
      const cert = issue(nameOf(hosts[0]!), keys, [
        extension('2.5.29.19', sequence(), true),
        // digitalSignature.
        extension('2.5.29.15', der(0x03, Buffer.from([7, 0x80])), true),
        extension('2.5.29.17', sequence(...names)),
      ]);
      return { key: keys.private.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
    },
  };
}

const day = 86_400_000;

interface Keys {
  readonly private: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly public: Buffer;
}

function newKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { private: privateKey, public: publicKey.export({ type: 'spki', format: 'der' }) };
}

function keyIdOf(keys: Keys): Buffer {
  return createHash('sha1').update(keys.public).digest();
}

function authorityOf(keys: Keys): Buffer {
  return extension('2.5.29.35', sequence(der(0x80, keyIdOf(keys))));
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), text(commonName))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
