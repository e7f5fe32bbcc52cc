import type { RandomAccess } from '../random-access.ts';
import { readMember } from '../zip/read-member.ts';
import { locateZipMember, readZipDirectory } from '../zip/read-members.ts';
import { type ArchiveTree, treeBuilder } from './archive-tree.ts';

/** As many as a tree may have; and the directory that describes them, in bytes. */
const bounds = { members: 1_000_000, directoryBytes: 256 * 2 ** 20 };

/**
 * The files of a zip, by its directory. A member's own header is compared when it is read. Links are left out: tools unpack
 * them differently.
 *
 * @throws {ArchiveError} as `readZipMembers`, and what `TreeBuilder.add` throws.
 */
export async function zipTree(access: RandomAccess): Promise<ArchiveTree> {
  const tree = treeBuilder();
  for (const header of await readZipDirectory(access, bounds)) {
    const path = header.name.toString();
    if (path.endsWith('/') || header.isLink) continue;
    tree.add(path, {
      size: header.size,
      version: `${header.offset}-${header.crc32.toString(16)}`,
      async *read(archive) {
        yield* readMember(archive, await locateZipMember(archive, header), () => {});
      },
    });
  }
  return tree.build();
}
