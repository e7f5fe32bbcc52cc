import { unlink } from 'node:fs/promises';
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
 * A file that is there already is replaced: whether its bytes are still right, only reading all of it would tell. Its time is `now`
 * (epoch milliseconds) then, so that a sweeper sees that it is wanted.
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
    await eachBounded(first.values(), SYNCS_AT_ONCE, (file) => file.sync(now));
    await eachBounded(first, SYNCS_AT_ONCE, ([place, file]) => file.moveTo(place));
    await eachBounded(folders, SYNCS_AT_ONCE, syncFolder);
    const moved = new Set(first.values());
    await eachBounded(files, SYNCS_AT_ONCE, async (file) => {
      await file.committed();
      if (!moved.has(file)) await unlink(file.receiving.path).catch(ignoreAbsent);
    });
  } catch (error) {
    throw mediumError(error, 'making received files durable');
  }
  return results;
}

function ignoreAbsent(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
