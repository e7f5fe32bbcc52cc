import { opendir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mediumError, systemCode } from '../errors.ts';

/**
 * Delete the files of a folder last written before `before` (epoch milliseconds), except those in `live`.
 *
 * @returns how many files and bytes went. @throws {StorageError} `storage_io`.
 */
export async function sweepFolder(
  folder: string,
  live: ReadonlySet<string>,
  before: number,
): Promise<{ readonly files: number; readonly bytes: number }> {
  let files = 0;
  let bytes = 0;
  try {
    for await (const { name } of await opendir(folder)) {
      const path = join(folder, name);
      if (live.has(path)) continue;
      try {
        const { mtimeMs, size } = await stat(path);
        if (mtimeMs >= before) continue;
        await unlink(path);
        files += 1;
        bytes += size;
      } catch (error) {
        // Another node sweeps the same folder, or a receiver there has just finished.
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
  } catch (error) {
    throw mediumError(error, 'sweeping temporary files');
  }
  return { files, bytes };
}
