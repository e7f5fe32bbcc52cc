import { link, rename, stat, unlink } from 'node:fs/promises';
import { mediumError, systemCode } from '../errors.ts';

/**
 * Delete a file unless it was modified after `unchangedSince` (epoch milliseconds; absent: delete in any case).
 *
 * An admission that relies on a stored blob sets its time (see commit-batch.ts). To lose no race against it the file is first moved
 * `aside`, then its time is read again: an admission before the move is seen and the file put back; one after it finds nothing and
 * writes its own.
 *
 * @returns whether it was deleted. @throws {StorageError} `storage_io`.
 */
export async function deleteUnchanged(
  path: string,
  aside: string,
  unchangedSince = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  try {
    if ((await stat(path)).mtimeMs > unchangedSince) return false;
    await rename(path, aside);
    const deletable = (await stat(aside)).mtimeMs <= unchangedSince;
    if (!deletable) await link(aside, path).catch(ignore('EEXIST'));
    await unlink(aside);
    return deletable;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw mediumError(error, 'deleting a blob');
  }
}

function ignore(code: string): (error: unknown) => void {
  return (error) => {
    if (systemCode(error) !== code) throw error;
  };
}
