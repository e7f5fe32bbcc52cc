import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundlePartRow, type BundleRow, deleteBundle, recordEvent } from '@sluice/catalog';
import { partFileName } from '@sluice/formats/bundle';
import type { BundleDeps } from '../deps.ts';
import { incomingFolder } from '../in/incoming-folder.ts';
import { outWork } from './place.ts';
import { removeHalves } from './remove-halves.ts';
import { abandonUploads, deleteObject } from './s3.ts';

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
  const unfinished = parts.filter(({ place }) => place === null);
  const isBucket = output?.startsWith('s3://') ?? false;
  const own = join(bundleFolder, 'out');
  const folder = output === null || isBucket ? own : output;
  const nameOf = (part: number) => partFileName({ series, serial, base, part });
  for (const { place } of parts) {
    if (place?.startsWith('s3://')) await deleteObject(place);
    else if (place !== null) await rm(place, { force: true });
  }
  // Those that were being written, or uploaded, when their work died. In somebody's folder a whole one may be another Sluice's.
  for (const { part } of unfinished) {
    await removeHalves(folder, nameOf(part));
    await rm(join(own, nameOf(part)), { force: true });
  }
  if (isBucket && unfinished.length > 0) {
    await abandonUploads(
      output!,
      unfinished.map(({ part }) => nameOf(part)),
    );
  }
}
