import { findMirror } from '@sluice/catalog';
import { addsDependencies, type DependencyLine, type DependencySummary } from '@sluice/policy';
import { storedDependencies } from '@sluice/registry';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { layerDefinition } from '../run/layer-definition.ts';
import { mirrorMissing } from './edit-mirror.ts';

/** The report on the dependencies that a mirror includes, as it was worked out with its last run or edit. */
export interface MirrorDependencies {
  summary: DependencySummary;
  lines: DependencyLine[];
}

/**
 * Every spec of a mirror that includes dependencies: those that it asks for, and those that its files depend on.
 *
 * @throws {MirrorError} `mirror_missing`; `dependencies_off` when it does not include them; `dependencies_unknown` until its first
 *   run, or the publication after an edit, has worked them out.
 * @see product.md MI-15
 */
export async function mirrorDependencies(
  deps: Pick<MirrorDeps, 'db' | 'storage'>,
  id: string,
): Promise<MirrorDependencies> {
  const mirror = await findMirror(deps.db, id);
  if (!mirror) throw mirrorMissing(id);
  if (!addsDependencies(mirror.filters)) {
    throw new MirrorError(
      'dependencies_off',
      'This mirror does not include dependencies, so there is no report on them. Whether its channel has all that its packages depend on, the closure of the channel says.',
      { wanted: 'filters.include_dependencies and filters.only_specs', found: 'neither, or one of them' },
    );
  }
  const definition = await layerDefinition(deps, mirror);
  const state = { sourceId: mirror.shown_source_id, revision: mirror.at_rev, definition };
  const known = await storedDependencies(deps, state);
  if (known) return known;
  throw new MirrorError(
    'dependencies_unknown',
    'The dependencies of this mirror are not worked out yet: that happens with its run, and after an edit with the next publication.',
  );
}
