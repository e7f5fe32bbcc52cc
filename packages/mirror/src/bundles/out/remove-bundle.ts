import { rm } from 'node:fs/promises';
import { type BundlePartRow, type BundleRow, deleteBundle, recordEvent } from '@sluice/catalog';
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
  for (const { place } of row.direction === 'in' ? [] : parts) {
    if (place?.startsWith('s3://')) await deleteObject(place);
    else if (place !== null) await rm(place, { force: true });
  }
  await db.transaction().execute(async (trx) => {
    if (!(await deleteBundle(trx, row.id))) return;
    const { series, serial } = row;
    const data = { series, serial, parts: parts.length };
    await recordEvent(trx, { at: now(), actor, action: 'bundle_deleted', subject: row.id, data });
  });
}
