import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundlePartRow, type BundleRow, deleteBundle, recordEvent } from '@sluice/catalog';
import { partFileName } from '@sluice/formats/bundle';
import type { BundleDeps } from '../deps.ts';
import { incomingFolder } from '../in/incoming-folder.ts';
import { outWork } from './place.ts';
import { removeHalves } from './remove-halves.ts';
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
  else await removeParts(bundleFolder, row, parts);
  await db.transaction().execute(async (trx) => {
    if (!(await deleteBundle(trx, row.id))) return;
    const { series, serial } = row;
    const data = { series, serial, parts: parts.length };
    await recordEvent(trx, { at: now(), actor, action: 'bundle_deleted', subject: row.id, data });
  });
}

async function removeParts(bundleFolder: string, row: BundleRow, parts: readonly BundlePartRow[]): Promise<void> {
  const { series, serial, base_serial: base } = row;
  const { output } = outWork(row).definition;
  const own = join(bundleFolder, 'out');
  const folder = output === null || output.startsWith('s3://') ? own : output;
  for (const { place, part } of parts) {
    const name = partFileName({ series, serial, base, part });
    if (place?.startsWith('s3://')) {
      await deleteObject(place);
      continue;
    }
    // One that was being written, or uploaded, when its work died. In somebody's folder a whole one may be another Sluice's.
    if (place === null) await removeHalves(folder, name);
    await rm(place ?? join(own, name), { force: true });
  }
}
