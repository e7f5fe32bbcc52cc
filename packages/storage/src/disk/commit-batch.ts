import { rename, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { eachBounded } from '../each-bounded.ts';
import { mediumError, systemCode } from '../errors.ts';
import type { Received } from '../receiving.ts';
import type { TempFile } from '../temp-file.ts';
import type { DiskLayout } from './layout.ts';
import { syncFolder } from './sync-folder.ts';

/** Syncs in flight. More than 8 gained nothing on the disks tried; the file system's journal joins them. */
const SYNCS_AT_ONCE = 8;

/**
 * Move verified temporary files to their digests' places and make that durable: every file's data first, then the names,
 * then each touched folder once. A crash at any point leaves whole blobs, or temporary files to sweep.
 *
 * Bytes that are there already are not written again. Old or new, the file's time becomes `now` (epoch milliseconds), so that a sweeper
 * sees that it is wanted.
 *
 * @returns in the order given.
 * @throws {StorageError} `receive_state` (before anything is touched), `disk_full`, `storage_io`.
 */
export async function commitBatch(layout: DiskLayout, files: readonly TempFile[], now: number): Promise<Received[]> {
  const results = files.map((file) => file.ready());
  const folders = new Set<string>();
  const first = new Map<string, TempFile>();
  for (const [index, file] of files.entries()) {
    const place = layout.blob(results[index]!.sha256);
    folders.add(dirname(place));
    if (!first.has(place)) first.set(place, file);
  }
  try {
    const moves: [from: string, to: string][] = [];
    await eachBounded(first, SYNCS_AT_ONCE, async ([place, file]) => {
      if (await revive(place, file.ready().size, now)) return;
      await file.sync(now);
      moves.push([file.receiving.path, place]);
    });
    await eachBounded(moves, SYNCS_AT_ONCE, ([from, to]) => rename(from, to));
    // Also for blobs that were there: whoever renamed them may not have synced the folder yet.
    await eachBounded(folders, SYNCS_AT_ONCE, syncFolder);
    const moved = new Set(moves.map(([from]) => from));
    await eachBounded(files, SYNCS_AT_ONCE, async (file) => {
      await file.committed();
      if (!moved.has(file.receiving.path)) await unlink(file.receiving.path).catch(ignoreAbsent);
    });
  } catch (error) {
    throw mediumError(error, 'making received files durable');
  }
  return results;
}

/** Whether the blob is there with the right size, marked as wanted now. A file of another size is damaged and gets replaced. */
async function revive(place: string, size: number, now: number): Promise<boolean> {
  try {
    if ((await stat(place)).size !== size) return false;
    await utimes(place, now / 1000, now / 1000);
    return true;
  } catch (error) {
    ignoreAbsent(error);
    return false;
  }
}

function ignoreAbsent(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
