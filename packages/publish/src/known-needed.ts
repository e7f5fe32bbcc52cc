import { findNeededNoarch, type LayerState } from '@sluice/catalog';
import { type FileNames, readFileNames } from '@sluice/policy';
import { blobRef, readCompressed } from '@sluice/storage';
import type { PublishDeps } from './deps.ts';

/**
 * The noarch files that come along with a layer's platforms, for a door that cannot wait until it is worked out: just after
 * a rule was edited, or while the channel is frozen. Until then all of them pass this one rule, and what a publication
 * lists decides.
 */
export async function knownNoarch(deps: Pick<PublishDeps, 'db' | 'storage'>, layer: LayerState): Promise<FileNames> {
  const known = await findNeededNoarch(deps.db, layer);
  if (!known) return { has: () => true };
  return readFileNames(await readCompressed(deps.storage, blobRef(known), known.unpacked_bytes));
}
