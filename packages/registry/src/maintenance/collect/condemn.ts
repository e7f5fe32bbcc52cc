import { condemnBlobs, condemnedBlobs, keepBlobs, weighBlobs } from '@sluice/catalog';
import type { Collection } from './context.ts';
import { add } from './report.ts';

const portion = 5000;

/** Seventh stage: pardon what is needed after all, so that only what was found useless twice can go. */
export async function pardonNeeded(collection: Collection, after = ''): Promise<string | undefined> {
  const { deps, dryRun } = collection;
  if (dryRun) return undefined;
  const condemned = await condemnedBlobs(deps.db, Buffer.from(after, 'hex'), portion);
  const marks = await collection.marks();
  await keepBlobs(
    deps.db,
    condemned.filter((digest) => marks.isMarked(digest)),
  );
  return condemned.length < portion ? undefined : condemned.at(-1)!.toString('hex');
}

/** Eighth stage: condemn what nothing needs; of a dry run also say what is due. */
export async function condemnRest(collection: Collection, at = 0): Promise<number | undefined> {
  const { deps, dryRun, report, due, asOf } = collection;
  const marks = await collection.marks();
  if (at === 0) [report.blobs, report.needed] = [marks.count, marks.count];
  const { digests, next } = marks.unmarked(at, portion);
  report.needed -= digests.length;
  if (dryRun) {
    const { condemned, removed } = await weighBlobs(deps.db, digests, due);
    add(report.condemned, condemned);
    add(report.removed, removed);
  } else add(report.condemned, await condemnBlobs(deps.db, digests, asOf));
  return next < marks.count ? next : undefined;
}
