import {
  brokenBundles,
  bundleParts,
  type Db,
  forgetBundleBlobs,
  olderBundles,
  recordEvent,
  releasePublicationsOf,
} from '@sluice/catalog';
import type { BundleWork } from '../bundle-slice.ts';
import { enqueueBundleSlice } from '../enqueue-slice.ts';
import { attachFiles } from './attach-files.ts';
import { fetchFiles } from './fetch-files.ts';
import type { OutStage } from './place.ts';
import { planParts } from './plan-parts.ts';
import { removeBundle } from './remove-bundle.ts';
import { type OutWork, openWork } from './work.ts';
import { writeListing } from './write-listing.ts';
import { writeParts } from './write-parts.ts';

/** One stage: does a piece of it and says what comes next: perhaps itself. */
type Stage = (work: OutWork) => Promise<OutStage | 'over'>;

const stages: Record<OutStage, Stage> = {
  attach: attachFiles,
  list: writeListing,
  fetch: fetchFiles,
  plan: planParts,
  write: writeParts,
};

/** Work on a bundle that is made here. */
export const makeBundle: BundleWork = async (deps, row, options) => {
  const work = openWork(deps, row, options);
  for (;;) {
    const next = await stages[work.place.stage](work);
    if (next === 'over') break;
    work.place.stage = next;
    // What a stage has done it has saved itself, and the next one saves that it has begun.
    if (!work.isLate()) continue;
    await work.save({}, (trx) => enqueueBundleSlice(trx, row.id));
    return { status: 'again' };
  }
  await work.save({ state: 'completed', error: null }, (trx) => finish(trx, work));
  await keepNewest(work);
  return { status: 'completed' };
};

async function finish(trx: Db, { deps, row, report, place }: OutWork): Promise<void> {
  await releasePublicationsOf(trx, row.id);
  await forgetBundleBlobs(trx, row.id);
  const { files, bytes, blobs, blob_bytes, changed, removed, missing, parts, bytes_total } = report;
  const { series, serial, base_serial, issuer } = row;
  await recordEvent(trx, {
    at: deps.now(),
    actor: row.actor,
    action: 'bundle_created',
    subject: row.id,
    data: {
      ...{ series, serial, base: base_serial, issuer, channels: place.channels.map(({ line }) => line.path) },
      ...{ files, bytes, changed, removed, missing, blobs, blob_bytes, parts, part_bytes: bytes_total },
    },
  });
}

/**
 * Remove what the series keeps no longer, where somebody said how many it keeps: also what came to nothing before this one, which
 * would hold its publications for ever.
 */
async function keepNewest({ deps, row, definition }: OutWork): Promise<void> {
  if (definition.keep === null) return;
  const broken = await brokenBundles(deps.db, row.series, row.serial);
  for (const old of [...broken, ...(await olderBundles(deps.db, row.series, definition.keep))]) {
    await removeBundle(deps, old, await bundleParts(deps.db, old.id), 'system');
  }
}
