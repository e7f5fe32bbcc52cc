import { setTimeout as sleep } from 'node:timers/promises';
import { headNumbers, holdPublications, type RemovedBlob, removeCondemned, withBlobsAlone } from '@sluice/catalog';
import { blobRef } from '@sluice/storage';
import type { Collection } from './context.ts';
import { keepNewerFiles } from './mark-entries.ts';
import { add } from './report.ts';

/** Blobs removed while admissions wait: a few dozen milliseconds. */
const portion = 200;
const wait_ms = 500;
const pause_ms = 1000;
const mostTries = 60;

interface Place {
  after: string;
  tries: number;
}

/**
 * Ninth stage: remove blobs condemned a grace ago, rows first, then files. Alone with the blobs, so that nobody is just
 * bringing one of them in; and no publication begins to show anything between the look at the heads and the removal.
 */
export async function removeBlobs(
  collection: Collection,
  { after, tries }: Place = { after: '', tries: 0 },
): Promise<Place | undefined> {
  const { deps, dryRun, due, report } = collection;
  if (dryRun) return undefined;
  await followHeads(collection);
  const done = await withBlobsAlone(deps.pool, wait_ms, async ({ db }) => {
    const found = await db.transaction().execute(async (trx) => {
      await holdPublications(trx);
      if ((await movedChannels(collection, trx)).length > 0) return undefined;
      return removeCondemned(trx, due, Buffer.from(after, 'hex'), portion);
    });
    for (const blob of found?.removed ?? []) await removeFile(collection, blob);
    return found;
  });
  if (done) return done.last && { after: done.last.toString('hex'), tries: 0 };
  if (tries < mostTries) {
    await sleep(pause_ms);
    return { after, tries: tries + 1 };
  }
  report.deferred = true;
  return undefined;
}

/** Packed bytes stay until their pack goes. */
async function removeFile({ deps, report }: Collection, blob: RemovedBlob): Promise<void> {
  add(report.removed, { count: 1, bytes: blob.size });
  if (blob.pack === null) await deps.storage.delete(blobRef(blob), blob.condemned_at.getTime());
}

/** Look at what was published since the marks were made. */
async function followHeads(collection: Collection): Promise<void> {
  for (const [channel, no] of await movedChannels(collection, collection.deps.db)) {
    await keepNewerFiles(collection, Number(channel), collection.heads[channel] ?? 0);
    collection.heads[channel] = no;
  }
}

async function movedChannels({ heads }: Collection, db: Collection['deps']['db']): Promise<[string, number][]> {
  return Object.entries(await headNumbers(db)).filter(([channel, no]) => no !== heads[channel]);
}
