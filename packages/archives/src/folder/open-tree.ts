import { openRandomAccess, readRange, withRandomAccess } from '../random-access.ts';
import type { ArchiveFile, ArchiveTree } from './archive-tree.ts';
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

/**
 * The bytes of a file of the archive at `path`, from byte `from` on: what is stored is read from there, what is compressed from
 * its beginning. Each piece is the reader's to keep. The archive is open until the reader is done.
 *
 * @throws {ArchiveError} while reading; errors of the file system.
 */
export async function* readArchiveFile(path: string, file: ArchiveFile, from = 0): AsyncGenerator<Uint8Array> {
  const access = await openRandomAccess(path);
  try {
    const isStored = file.start !== undefined && from > 0;
    const pieces = isStored ? readRange(access, file.start + from, file.start + file.size) : file.read(access);
    let passed = isStored ? from : 0;
    for await (const piece of pieces) {
      const known = Math.min(Math.max(0, from - passed), piece.byteLength);
      passed += piece.byteLength;
      if (known < piece.byteLength) yield Uint8Array.from(known === 0 ? piece : piece.subarray(known));
    }
  } finally {
    await access.close();
  }
}
