import { changedNeeded } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import type { Judged, JudgedLayer } from './judged.ts';
import { storedNeeded } from './known-needed.ts';
import { definitionOf } from './layers.ts';

/** Of a layer before and after: by part, the names of which other files come along. `all` where that is not known any more. */
export type NeededChanges = (
  judged: readonly [before: Judged, after: Judged],
  layers: readonly [before: JudgedLayer, after: JudgedLayer],
) => Promise<ReadonlyMap<string, readonly string[]> | 'all'>;

/** Compares what was worked out for both. */
export function createNeededChanges(deps: Pick<PublishDeps, 'db' | 'storage'>): NeededChanges {
  return async (judged, layers) => {
    // What a mirror keeps of what vanished lies right below what it shows, and stays whatever comes along.
    const isKept = judged[1].layers.find((one) => one.layer === layers[1].layer)?.source_id !== layers[1].source_id;
    if (isKept) return new Map();
    const states = layers.map((layer, k) => ({
      sourceId: layer.source_id,
      revision: layer.revision,
      definition: definitionOf(judged[k]!, layer.mirror),
    }));
    if (JSON.stringify(states[0]) === JSON.stringify(states[1])) return new Map();
    const [before, after] = await Promise.all(states.map((state) => storedNeeded(deps, state)));
    return before && after ? changedNeeded(before, after) : 'all';
  };
}
