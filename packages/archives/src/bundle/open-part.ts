import { verify } from 'node:crypto';
import { type Manifest, partBodyAt, readManifest, type SignedManifest } from '@sluice/formats/bundle';
import { type RandomAccess, readExactly, withRandomAccess } from '../random-access.ts';
import { asBundleError, bundleError } from './bundle-errors.ts';
import type { TrustedKeys } from './trusted-key.ts';

/**
 * Read the manifest of a part and believe it: it is signed by a trusted key, and the file is as long as it says.
 *
 * @param what `head`: the file holds the first kilobyte alone.
 * @throws {ArchiveError} `bundle_cut`, `bundle_malformed`, `bundle_foreign`, `bundle_tampered`; errors of the file system.
 */
export function openBundlePart(path: string, trusted: TrustedKeys, what: 'part' | 'head' = 'part'): Promise<Manifest> {
  return withRandomAccess(path, (access) => believedManifest(path, access, trusted, what));
}

/** As {@link openBundlePart}, of a file that is open. Of a head alone nobody knows the file, so it is not named. */
export async function believedManifest(
  file: string,
  access: RandomAccess,
  trusted: TrustedKeys,
  what: 'part' | 'head' = 'part',
): Promise<Manifest> {
  const path = what === 'head' ? 'This part' : file;
  const head = await readExactly(access, 0, partBodyAt);
  if (!head) throw bundleError('bundle_cut', path, { wanted: `${partBodyAt} bytes`, found: access.size });
  const { manifest, line, signature } = readSigned(path, head);
  const key = trusted.get(manifest.issuer);
  if (!key) throw bundleError('bundle_foreign', path, { wanted: 'a trusted issuer', found: manifest.issuer });
  if (!verify(null, Buffer.from(line), key, Buffer.from(signature, 'base64'))) {
    throw bundleError('bundle_tampered', path, { wanted: `a signature of ${manifest.issuer}`, found: 'another' });
  }
  if (what === 'head') return manifest;
  if (access.size < manifest.bytes) {
    throw bundleError('bundle_cut', path, { wanted: `${manifest.bytes} bytes`, found: access.size });
  }
  if (access.size > manifest.bytes) {
    throw bundleError('bundle_tampered', path, { wanted: `${manifest.bytes} bytes`, found: access.size });
  }
  return manifest;
}

function readSigned(path: string, head: Uint8Array): SignedManifest {
  try {
    return readManifest(head);
  } catch (error) {
    throw asBundleError(path, error);
  }
}
