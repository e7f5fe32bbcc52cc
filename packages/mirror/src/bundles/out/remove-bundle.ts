import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundlePartRow, type BundleRow, deleteBundle, recordEvent } from '@sluice/catalog';
import { partFileName } from '@sluice/formats/bundle';
import type { BundleDeps } from '../deps.ts';
import { incomingFolder } from '../in/incoming-folder.ts';
import { deleteObject } from './s3.ts';

/**
 * Remove a bundle: its parts, wherever they lie, then what is known of it. Of one that came in only parts that were sent go; all
 * others are somebody's files.
 */
export async function removeBundle(
  { db, now, bundleFolder }: Pick<BundleDeps, 'db' | 'now' | 'bundleFolder'>,
  row: BundleRow,
  parts: readonly BundlePartRow[],
  actor: string,
): Promise<void> {
  if (row.direction === 'in') await rm(incomingFolder({ bundleFolder }, row.id), { recursive: true, force: true });
  const { series, serial, base_serial: base } = row;
  for (const { place, part } of row.direction === 'in' ? [] : parts) {
    if (place?.startsWith('s3://')) await deleteObject(place);
    // One that was being written, or uploaded, when its work died.
    else await rm(place ?? join(bundleFolder, 'out', partFileName({ series, serial, base, part })), { force: true });
  }
  await db.transaction().execute(async (trx) => {
    if (!(await deleteBundle(trx, row.id))) return;
    const data = { series, serial, parts: parts.length };
    await recordEvent(trx, { at: now(), actor, action: 'bundle_deleted', subject: row.id, data });
  });
}
