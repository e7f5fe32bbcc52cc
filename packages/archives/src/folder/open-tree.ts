import { withRandomAccess } from '../random-access.ts';
import type { ArchiveTree } from './archive-tree.ts';
import { tarTree } from './tar-tree.ts';
import { zipTree } from './zip-tree.ts';

/** Whether a file of this name can be read as a folder. */
export function isArchiveName(name: string): boolean {
  return /\.(zip|tar)$/i.test(name);
}

/**
 * Read a zip or a plain tar as a folder of files: only its directory or headers, however large it is.
 *
 * The tree may lie below one folder that wraps it all.
 *
 * @throws {ArchiveError} what does not make sense, or would unpack outside; errors of the file system.
 */
export function openArchiveTree(path: string): Promise<ArchiveTree> {
  return withRandomAccess(path, (access) => (/\.zip$/i.test(path) ? zipTree(access) : tarTree(access)));
}
