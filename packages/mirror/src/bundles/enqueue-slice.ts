import { type Db, enqueue } from '@sluice/catalog';

/** Queue the next slice of the work on a bundle. */
export function enqueueBundleSlice(db: Db, id: string): Promise<void> {
  return enqueue(db, 'bundle-slice', { id }, { key: `bundle:${id}` });
}
