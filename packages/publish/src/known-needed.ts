import { findNeededFiles, type LayerState } from '@sluice/catalog';
import { type NeededSet, readNeeded, type StoredNeeded } from '@sluice/policy';
import { blobRef, readCompressedIfSound } from '@sluice/storage';
import type { PublishDeps } from './deps.ts';

type StoreDeps = Pick<PublishDeps, 'db' | 'storage'>;

/**
 * The files that come along with what a layer's filters choose, for a door that cannot wait until it is worked out: just after
 * a rule was edited, or while the channel is frozen. Until then all of them pass, and what a publication lists decides.
 */
export async function knownNeeded(deps: StoreDeps, layer: LayerState): Promise<NeededSet> {
  return (await storedNeeded(deps, layer)) ?? { has: () => true };
}

/** The same; undefined where nobody worked it out, or it is of no use any more. */
export async function storedNeeded({ db, storage }: StoreDeps, layer: LayerState): Promise<StoredNeeded | undefined> {
  const known = await findNeededFiles(db, layer);
  if (!known) return undefined;
  const text = await readCompressedIfSound(storage, blobRef(known), known.unpacked_bytes);
  return text.byteLength === known.unpacked_bytes ? readNeeded(text) : undefined;
}
