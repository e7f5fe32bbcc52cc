import { ArchiveError } from '../errors.ts';
import type { RandomAccess } from '../random-access.ts';
import { readStoredMember } from '../zip/read-member.ts';
import { readZipMembers, type ZipMember } from '../zip/read-members.ts';

/** A zip with more is no package; it is read only to name a member that has no business there. */
const MAX_MEMBERS = 1000;
/** `{"conda_pkg_format_version": 2}` and a little air. */
const MAX_METADATA_BYTES = 4096;
const FORMAT_VERSION = 2;

/** The two archives in a `.conda`. */
export type CondaMembers = { readonly info: ZipMember; readonly payload: ZipMember };

/**
 * Find the members of a `.conda` and check that it holds these and nothing else, uncompressed.
 *
 * @throws {ArchiveError} `zip_member_unexpected`, `zip_member_missing`, `zip_member_compressed`, `conda_format_version`, and those of
 * {@link readZipMembers}.
 * @see CEP 35
 */
export async function readCondaMembers(access: RandomAccess, onRead: (bytes: number) => void): Promise<CondaMembers> {
  const found = new Map<'metadata' | 'info' | 'payload', ZipMember>();
  for (const member of await readZipMembers(access, MAX_MEMBERS)) {
    const role = roleOf(member.name);
    if (role === undefined || found.has(role)) {
      throw new ArchiveError(
        'zip_member_unexpected',
        `"${member.name.slice(0, 200)}" does not belong into a .conda file, or is there twice. Upload the file as the build tool wrote it, not packed again.`,
        {
          entry: member.name,
          wanted: 'metadata.json, info-….tar.zst and pkg-….tar.zst at the top',
          found: member.name.slice(0, 200),
        },
      );
    }
    if (member.compressed || member.size !== member.compressedSize) {
      throw new ArchiveError(
        'zip_member_compressed',
        `"${member.name}" is compressed inside the .conda file; it must be stored as it is.`,
        {
          entry: member.name,
          wanted: 'a stored member',
          found: 'a compressed one',
        },
      );
    }
    found.set(role, member);
  }
  const metadata = found.get('metadata') ?? missing('metadata.json');
  const info = found.get('info') ?? missing('info-….tar.zst');
  const payload = found.get('payload') ?? missing('pkg-….tar.zst');
  await checkFormatVersion(access, metadata, onRead);
  return { info, payload };
}

function roleOf(name: string): 'metadata' | 'info' | 'payload' | undefined {
  if (name === 'metadata.json') return 'metadata';
  if (name.includes('/') || name.includes('\\') || !name.endsWith('.tar.zst')) return undefined;
  if (name.startsWith('info-')) return 'info';
  return name.startsWith('pkg-') ? 'payload' : undefined;
}

function missing(wanted: string): never {
  throw new ArchiveError('zip_member_missing', `The .conda file has no ${wanted}. Build the package again.`, {
    entry: wanted,
    wanted,
    found: 'nothing',
  });
}

async function checkFormatVersion(
  access: RandomAccess,
  metadata: ZipMember,
  onRead: (bytes: number) => void,
): Promise<void> {
  let version: unknown;
  if (metadata.size <= MAX_METADATA_BYTES) {
    const parts: Uint8Array[] = [];
    for await (const piece of readStoredMember(access, metadata, onRead)) parts.push(Uint8Array.from(piece));
    try {
      version = JSON.parse(Buffer.concat(parts).toString('utf8'))?.conda_pkg_format_version;
    } catch {
      version = 'no JSON';
    }
  }
  if (version === FORMAT_VERSION) return;
  throw new ArchiveError('conda_format_version', 'The .conda file is of a format that is not known here.', {
    entry: 'metadata.json',
    wanted: `conda_pkg_format_version ${FORMAT_VERSION}`,
    found: JSON.stringify(version)?.slice(0, 80) ?? 'nothing',
  });
}
