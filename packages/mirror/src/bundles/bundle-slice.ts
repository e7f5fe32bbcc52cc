import { type BundleRow, findBundle, isConnectionLoss, saveBundle } from '@sluice/catalog';
import { rememberedError } from '../error-code.ts';
import type { BundleDeps } from './deps.ts';
import { importBundle } from './in/import-bundle.ts';
import { makeBundle } from './out/make-bundle.ts';
import { WorkGone } from './work-gone.ts';

/** How a slice ended. `gone`: it was over before, was stopped, or another worker does it. */
export type BundleSliceEnd =
  | { status: 'again' | 'waiting' | 'completed' | 'gone' }
  | { status: 'failed'; error: unknown };

export interface BundleSliceOptions {
  /** Begin no new piece after so long. */
  budget_ms: number;
  signal?: AbortSignal;
}

/** The work of one direction on a bundle: saves each piece with {@link saveBundle} and queues its own next slice. */
export type BundleWork = (
  deps: BundleDeps,
  row: BundleRow,
  options: BundleSliceOptions,
) => Promise<Exclude<BundleSliceEnd, { status: 'failed' }>>;

const directions: Record<BundleRow['direction'], BundleWork> = { out: makeBundle, in: importBundle };

/**
 * Work on a bundle for a while. What is done is saved piece by piece; after a crash the piece under way is done again. What fails
 * is noted and the bundle rests there: it can be resumed.
 */
export async function bundleSlice(deps: BundleDeps, id: string, options: BundleSliceOptions): Promise<BundleSliceEnd> {
  const row = await findBundle(deps.db, id);
  if (!row || (row.state !== 'pending' && row.state !== 'running')) return { status: 'gone' };
  try {
    return await directions[row.direction](deps, row, options);
  } catch (error) {
    if (error instanceof WorkGone) return { status: 'gone' };
    // These pass, and the job is tried again.
    if (isConnectionLoss(error) || options.signal?.aborted) throw error;
    const now = await findBundle(deps.db, id);
    // What fails after the end, such as removing older bundles, takes nothing back.
    if (now?.finished_at === null) {
      await saveBundle(deps.db, now, { state: 'failed', error: rememberedError(error) }, deps.now());
    }
    return { status: 'failed', error };
  }
}
