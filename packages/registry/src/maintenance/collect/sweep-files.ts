import { localDigests, withBlobsAlone } from '@sluice/catalog';
import type { Sha256 } from '@sluice/formats/digest';
import { sha256ToBytes } from '@sluice/formats/digest';
import type { Collection } from './context.ts';
import { add } from './report.ts';

const portion = 200;
const wait_ms = 500;
const foldersAtOnce = 16;

/** A file as the listing has it. */
interface Stored {
  sha256: Sha256;
  size: number;
}

/** Tenth stage: remove files without a row that have had their grace, some folders at a time: what crashes left behind. */
export async function sweepFiles(collection: Collection, from = 0): Promise<number | undefined> {
  for (let folder = from; folder < from + foldersAtOnce; folder++) await sweepFolder(collection, folder);
  return from + foldersAtOnce < 256 ? from + foldersAtOnce : undefined;
}

async function sweepFolder(collection: Collection, folder: number): Promise<void> {
  const { deps, due } = collection;
  let batch: Stored[] = [];
  for await (const object of deps.storage.list(folder.toString(16).padStart(2, '0'))) {
    if (object.kind !== 'blob' || object.modified > due.getTime()) continue;
    batch.push(object);
    if (batch.length < portion) continue;
    await sweepBatch(collection, batch);
    batch = [];
  }
  await sweepBatch(collection, batch);
}

async function sweepBatch(collection: Collection, files: readonly Stored[]): Promise<void> {
  const { deps, dryRun, report, due } = collection;
  const unknown = await withoutRow(deps.db, files);
  if (unknown.length === 0) return;
  if (dryRun) {
    for (const { size } of unknown) add(report.leftovers, { count: 1, bytes: size });
    return;
  }
  const done = await withBlobsAlone(deps.pool, wait_ms, async ({ db }) => {
    for (const { sha256, size } of await withoutRow(db, unknown)) {
      const isGone = await deps.storage.delete({ sha256, size }, due.getTime());
      if (isGone) add(report.leftovers, { count: 1, bytes: size });
    }
    return true;
  });
  if (!done) report.deferred = true;
}

async function withoutRow(db: Collection['deps']['db'], files: readonly Stored[]): Promise<Stored[]> {
  const known = await localDigests(
    db,
    files.map(({ sha256 }) => sha256ToBytes(sha256)),
  );
  return files.filter(({ sha256 }) => !known.has(sha256));
}
