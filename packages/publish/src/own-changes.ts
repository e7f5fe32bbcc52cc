import { changedFiles, findPublicationSource, type PublicationInput, publishedSubdirs } from '@sluice/catalog';
import { packageNameOf, packageTypeOf } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import { ownInputs } from './listed-versions.ts';

/** Which publications of a channel: the earlier and the later one. */
export interface OwnChangesWish {
  channelId: number;
  from: number;
  to: number;
  /** Only of these layers (ids of mirrors); of all that are the channel's own when left out. */
  layers?: readonly string[] | undefined;
}

/**
 * Package names, by part, whose files changed in the channel's own layers from one kept publication to a later one, where these may
 * list the same all along: a channel below may show the very record that a mirror brings later. Empty where all layers are its own,
 * since whatever comes and goes there is listed otherwise.
 *
 * @returns undefined where it cannot be told which.
 */
export async function ownChangedNames(
  { db }: Pick<ReadingDeps, 'db'>,
  { channelId, from, to, layers }: OwnChangesWish,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const [before, after] = await Promise.all([from, to].map((no) => findPublicationSource(db, channelId, no)));
  if (!before || !after) return undefined;
  const names = new Map<string, readonly string[]>();
  if (!showsOthers(before, layers) && !showsOthers(after, layers)) return names;
  const then = revisionsOf(ownInputs(before, layers));
  const now = revisionsOf(ownInputs(after, layers));
  if (!then || !now || then.size !== now.size) return undefined;
  for (const [source_id, revision] of now) if ((then.get(source_id) ?? revision + 1) > revision) return undefined;
  for (const { subdir } of await publishedSubdirs(db, channelId, to)) {
    const changed = new Set<string>();
    for (const [source_id, revision] of now) {
      const files = await changedFiles(db, { source_id, subdir }, then.get(source_id)!, revision);
      if (!files) return undefined;
      for (const file of files) changed.add(packageNameOf(packageTypeOf(subdir), file));
    }
    if (changed.size > 0) names.set(subdir, [...changed]);
  }
  return names;
}

/** Whether other layers than these, its own, have a part in what a publication lists. */
export function showsOthers(
  source: { inputs: readonly PublicationInput[] },
  layers: readonly string[] | undefined,
): boolean {
  return ownInputs(source, layers).length < source.inputs.length;
}

/** The revision of each source; undefined where one is there in two. */
function revisionsOf(inputs: readonly PublicationInput[]): Map<number, number> | undefined {
  const revisions = new Map<number, number>();
  for (const { source_id, revision } of inputs) {
    if ((revisions.get(source_id) ?? revision) !== revision) return undefined;
    revisions.set(source_id, revision);
  }
  return revisions;
}
