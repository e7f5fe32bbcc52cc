import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '../blob-store.ts';
import { mediumError, systemCode } from '../errors.ts';
import { type DiskLayout, packIdOfFileName, sha256OfFileName } from './layout.ts';

/**
 * Everything in the blob and pack folders, one folder after the other; names that are neither are passed over.
 *
 * @param part only the folder of these first two digits of a digest, or only `packs`.
 */
export async function* listFolders(layout: DiskLayout, part?: string): AsyncGenerator<StoredObject> {
  for (const folder of part === 'packs' ? [] : blobFolders(layout, part)) {
    for await (const { name, size, modified } of filesOf(folder)) {
      const sha256 = sha256OfFileName(name);
      if (sha256 !== undefined) yield { kind: 'blob', sha256, size, modified };
    }
  }
  if (part !== undefined && part !== 'packs') return;
  for await (const { name, size, modified } of filesOf(layout.packFolder)) {
    const id = packIdOfFileName(name);
    if (id !== undefined) yield { kind: 'pack', id, size, modified };
  }
}

function blobFolders({ blobFolders: all }: DiskLayout, part: string | undefined): readonly string[] {
  return part === undefined ? all : all.filter((_, byte) => byte === Number.parseInt(part, 16));
}

async function* filesOf(folder: string): AsyncGenerator<{ name: string; size: number; modified: number }> {
  try {
    for await (const { name } of await opendir(folder, { bufferSize: 256 })) {
      try {
        const { size, mtimeMs } = await stat(join(folder, name));
        yield { name, size, modified: mtimeMs };
      } catch (error) {
        // Deleted since the folder was read.
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
  } catch (error) {
    throw mediumError(error, 'listing the blob store');
  }
}
