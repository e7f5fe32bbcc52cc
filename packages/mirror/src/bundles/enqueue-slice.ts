import { type Db, enqueue } from '@sluice/catalog';

/** Queue the next slice of the work on a bundle, for now or for later. */
export function enqueueBundleSlice(db: Db, id: string, runAt?: Date): Promise<void> {
  return enqueue(db, 'bundle-slice', { id }, { key: `bundle:${id}`, ...(runAt && { runAt }) });
}
