import { type BundlePartRow, type BundleRow, bundleParts, findBundle, saveBundle } from '@sluice/catalog';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { enqueueBundleSlice } from '../enqueue-slice.ts';
import { removeBundle } from './remove-bundle.ts';

type VerbDeps = Pick<BundleDeps, 'db' | 'now' | 'bundleFolder'>;

/** A bundle with its parts. @throws {MirrorError} `bundle_missing`. */
export async function bundleWithParts(
  { db }: Pick<BundleDeps, 'db'>,
  id: string,
): Promise<{ bundle: BundleRow; parts: BundlePartRow[] }> {
  const bundle = await findBundle(db, id);
  if (!bundle) throw new MirrorError('bundle_missing', `There is no bundle ${id}.`, { found: id });
  return { bundle, parts: await bundleParts(db, id) };
}

/** Stop the work on a bundle; what is done stays. @throws {MirrorError} `bundle_missing`, `bundle_over`. */
export async function stopBundle(deps: VerbDeps, id: string): Promise<BundleRow> {
  return changeState(deps, id, ['pending', 'running', 'waiting'], 'stopped');
}

/** Go on with a bundle that was stopped or has failed. @throws {MirrorError} `bundle_missing`, `bundle_open`, `bundle_over`. */
export async function resumeBundle(deps: VerbDeps, id: string): Promise<BundleRow> {
  return changeState(deps, id, ['stopped', 'failed'], 'pending');
}

async function changeState(
  { db, now }: VerbDeps,
  id: string,
  from: BundleRow['state'][],
  to: 'stopped' | 'pending',
): Promise<BundleRow> {
  // Again when a slice has just written a step.
  for (;;) {
    const { bundle } = await bundleWithParts({ db }, id);
    if (!from.includes(bundle.state)) {
      const code = bundle.finished_at === null ? 'bundle_open' : 'bundle_over';
      throw new MirrorError(code, `Bundle ${bundle.series} ${bundle.serial} is ${bundle.state}.`, {
        wanted: from.join(' or '),
        found: bundle.state,
      });
    }
    const saved = await db.transaction().execute(async (trx) => {
      if (!(await saveBundle(trx, bundle, { state: to, error: null }, now()))) return false;
      if (to === 'pending') await enqueueBundleSlice(trx, id);
      return true;
    });
    if (saved) return (await bundleWithParts({ db }, id)).bundle;
  }
}

/** Remove a bundle, with its parts. @throws {MirrorError} `bundle_missing`, `bundle_open`. */
export async function deleteBundleParts(deps: VerbDeps, id: string, actor: string): Promise<void> {
  const { bundle, parts } = await bundleWithParts(deps, id);
  if (bundle.state === 'pending' || bundle.state === 'running') {
    throw new MirrorError(
      'bundle_open',
      `Bundle ${bundle.series} ${bundle.serial} is being worked on: stop it first.`,
      {
        found: bundle.state,
      },
    );
  }
  await removeBundle(deps, bundle, parts, actor);
}
