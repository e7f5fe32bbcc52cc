import { createHash } from 'node:crypto';
import type { Manifest } from '@sluice/formats/bundle';
import { withRandomAccess } from '../random-access.ts';
import { bundleError } from './bundle-errors.ts';
import { believedManifest } from './open-part.ts';
import { type BundleMember, bodyPieces, bundleMembers, memberContent } from './part-members.ts';
import type { TrustedKeys } from './trusted-key.ts';

/** A part that is to the byte what its issuer signed. */
export interface VerifiedPart {
  manifest: Manifest;
  members: BundleMember[];
}

/**
 * Verify a part as a whole: signature, length, structure, the digest of each blob and of all together.
 *
 * @param onRead told of the bytes read, for progress.
 * @throws {ArchiveError} `bundle_cut`, `bundle_malformed`, `bundle_foreign`, `bundle_tampered`; errors of the file system.
 */
export function verifyBundlePart(
  path: string,
  trusted: TrustedKeys,
  onRead: (bytes: number) => void = () => {},
): Promise<VerifiedPart> {
  return withRandomAccess(path, async (access) => {
    const manifest = await believedManifest(path, access, trusted);
    const members = await bundleMembers(path, access);
    const body = createHash('sha256');
    for (const member of members) {
      body.update(bodyPieces.before(member));
      const own = createHash('sha256');
      for await (const piece of memberContent(access, member)) {
        own.update(piece);
        body.update(piece);
        onRead(piece.byteLength);
      }
      checkMember(path, manifest, member, own.digest('hex'));
      body.update(bodyPieces.after(member));
    }
    checkBody(path, manifest, body.update(bodyPieces.end).digest('hex'));
    return { manifest, members };
  });
}

/** A member must have the digest that its name, or the manifest, promises. @throws {ArchiveError} `bundle_tampered`. */
export function checkMember(path: string, manifest: Manifest, { holds, name }: BundleMember, sha256: string): void {
  const wanted = holds.kind === 'blob' ? holds.sha256 : holds.kind === 'contents' ? manifest.contents : sha256;
  if (wanted === sha256) return;
  throw bundleError('bundle_tampered', path, { wanted, found: `${sha256} of ${name}`, entry: name });
}

/** @throws {ArchiveError} `bundle_tampered` when the digest of a whole body is not that of the manifest. */
export function checkBody(path: string, manifest: Manifest, sha256: string): void {
  if (sha256 !== manifest.body) throw bundleError('bundle_tampered', path, { wanted: manifest.body, found: sha256 });
}
