import { rm } from 'node:fs/promises';
import { type BundlePartRow, type BundleRow, deleteBundle, recordEvent } from '@sluice/catalog';
import type { BundleDeps } from '../deps.ts';
import { deleteObject } from './s3.ts';

/** Remove a bundle that was made here: its parts, wherever they lie, then what is known of it. */
export async function removeBundle(
  { db, now }: Pick<BundleDeps, 'db' | 'now'>,
  row: BundleRow,
  parts: readonly BundlePartRow[],
  actor: string,
): Promise<void> {
  for (const { place } of parts) {
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
