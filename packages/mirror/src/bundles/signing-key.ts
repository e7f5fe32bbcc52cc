import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Db, insertSetting, readSettings } from '@sluice/catalog';
import { MirrorError } from '../errors.ts';
import type { Sealer } from '../seal.ts';

/** Who signs the bundles that are made here. */
export interface BundleKey {
  /** First 16 hex digits of the SHA-256 of the raw public key: the issuer that manifests name. */
  issuer: string;
  /** The raw public key (32 bytes), base64. */
  publicKey: string;
  /** SHA-256 of the raw public key, hex: what two people read to each other. */
  fingerprint: string;
  /** The ed25519 signature of a text's UTF-8, base64. */
  sign(text: string): string;
}

interface KeyDeps {
  db: Db;
  sealer: Sealer;
  now: () => Date;
}

/** Under which name the pair stands among the settings: the public half, and the private half sealed. */
const settingName = '.bundle_key';

/** What stands before the raw key in its DER form. @see RFC 8410 */
const derPrefixBytes = 12;

/**
 * The key of this installation; made when it is asked for the first time.
 *
 * @throws {MirrorError} `bundle_key_sealed` when another SLUICE_SECRET_KEY sealed it.
 */
export async function bundleKey(deps: KeyDeps): Promise<BundleKey> {
  const known = storedKey((await readSettings(deps.db))[settingName]);
  return opened(deps, known ?? (await makeKey(deps)));
}

interface StoredKey {
  public: string;
  sealed: string;
}

function storedKey(value: unknown): StoredKey | undefined {
  const { public: key, sealed } = (value ?? {}) as Partial<StoredKey>;
  return typeof key === 'string' && typeof sealed === 'string' ? { public: key, sealed } : undefined;
}

async function makeKey({ db, sealer, now }: KeyDeps): Promise<StoredKey> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const sealed = Buffer.from(sealer.seal({ bearer: secret }).credential!).toString('base64');
  // Of two that are made at once, one stays.
  await insertSetting(db, settingName, { public: rawOf(publicKey).toString('base64'), sealed }, now());
  return storedKey((await readSettings(db))[settingName])!;
}

function opened({ sealer }: KeyDeps, stored: StoredKey): BundleKey {
  const secret = openSecret(sealer, stored);
  const key = createPrivateKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'pkcs8' });
  const raw = Buffer.from(stored.public, 'base64');
  const fingerprint = fingerprintOf(raw);
  return {
    issuer: issuerOf(raw),
    publicKey: stored.public,
    fingerprint,
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

function openSecret(sealer: Sealer, { sealed }: StoredKey): string {
  try {
    return sealer.open(Buffer.from(sealed, 'base64')).bearer ?? '';
  } catch (cause) {
    throw new MirrorError(
      'bundle_key_sealed',
      'The key that bundles are signed with cannot be opened: SLUICE_SECRET_KEY has changed. Bring the old one back.',
      { cause },
    );
  }
}

/** SHA-256 of a raw public key, hex. */
function fingerprintOf(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex');
}

/** Who a raw public key is of, as manifests name it. */
function issuerOf(raw: Uint8Array): string {
  return fingerprintOf(raw).slice(0, 16);
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(derPrefixBytes);
}
