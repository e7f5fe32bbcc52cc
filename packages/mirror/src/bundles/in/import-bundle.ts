import { type Db, isConnectionLoss, recordEvent } from '@sluice/catalog';
import { rememberedError } from '../../error-code.ts';
import type { BundleWork } from '../bundle-slice.ts';
import { enqueueBundleSlice } from '../enqueue-slice.ts';
import { WorkGone } from '../work-gone.ts';
import { layFiles } from './lay-files.ts';
import { type InStage, inStages } from './place.ts';
import { bundleRefusal } from './refusal.ts';
import { show } from './show.ts';
import { takeParts } from './take-parts.ts';
import { takeRecords } from './take-records.ts';
import { type InWork, openInWork } from './work.ts';
import { hasBase, writeState } from './write-state.ts';

/** One stage: does a piece of it and says whether that was all, that somebody must bring more, or that others go first. */
type Stage = (work: InWork) => Promise<boolean | 'wait' | 'later'>;

/** How long others are let go first before it is looked at again. */
const laterMs = 1000;

const stages: Record<InStage, Stage> = {
  parts: takeParts,
  list: writeState,
  records: takeRecords,
  show,
  files: layFiles,
};

/** Work on a bundle that comes in. */
export const importBundle: BundleWork = async (deps, row, options) => {
  const work = openInWork(deps, row, options);
  for (;;) {
    const { stage } = work.place;
    const end = await stages[stage](work).catch((error: unknown) => failed(work, error, options.signal));
    if (end === 'wait') {
      // What it waits for may just have come.
      const comes = (trx: Db) => (stage === 'list' ? hasBase(trx, work) : Promise.resolve(false));
      let isWaiting = true;
      await work.save(
        { state: 'waiting' },
        async (trx) => {
          isWaiting = !(await comes(trx));
        },
        'alone',
      );
      if (isWaiting) return { status: 'waiting' };
      await work.save({ state: 'running' });
      continue;
    }
    if (end === 'later') {
      const at = new Date(deps.now().getTime() + laterMs);
      await work.save({}, (trx) => enqueueBundleSlice(trx, row.id, at));
      return { status: 'again' };
    }
    if (end) {
      const next = inStages[inStages.indexOf(stage) + 1];
      if (next === undefined) return { status: 'completed' };
      work.place.stage = next;
    }
    const isLate = work.isLate();
    await work.save({}, (trx) => (isLate ? enqueueBundleSlice(trx, row.id) : Promise.resolve()));
    if (isLate) return { status: 'again' };
  }
};

/** Tell the audit, and let the slice note it. */
async function failed({ deps, row }: InWork, cause: unknown, signal: AbortSignal | undefined): Promise<never> {
  const error = bundleRefusal(cause);
  // What passes is tried again.
  if (!(error instanceof WorkGone) && !isConnectionLoss(error) && !signal?.aborted) {
    const { code, text } = rememberedError(error);
    const { series, serial, issuer, actor } = row;
    const data = { series, serial, issuer, code, text };
    await recordEvent(deps.db, { at: deps.now(), actor, action: 'bundle_failed', subject: row.id, data }).catch(
      () => {},
    );
  }
  throw error;
}
