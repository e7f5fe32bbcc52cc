import { type Facts, hexAt } from '@sluice/policy';
import type { PublishedLayer } from './layers.ts';
import type { LayerSelection, OnHidden } from './select.ts';

/** A file that two mirrors have with different bytes. Digests as `sha256:<hex>` or `md5:<hex>`, or `size:<bytes>` where there is none. */
export interface FileConflict {
  file: string;
  shown_mirror_id: string;
  shown_digest: string;
  hidden_mirror_id: string;
  hidden_digest: string;
}

/** Notes the files that a mirror hides in another although their bytes differ: which is right nobody here can know. */
export function conflictCollector(layers: readonly PublishedLayer[]): {
  conflicts: FileConflict[];
  onHidden: OnHidden;
} {
  const conflicts: FileConflict[] = [];
  return {
    conflicts,
    onHidden(selections, hidden, shown) {
      const mirrors = [layers[shown.layer]!.mirror, layers[hidden.layer]!.mirror];
      if (!mirrors[0] || !mirrors[1] || mirrors[0].id === mirrors[1].id) return;
      const digests = differing(selections, shown, hidden);
      if (!digests) return;
      conflicts.push({
        file: selections[hidden.layer]!.facts.file(hidden.row),
        shown_mirror_id: mirrors[0].id,
        shown_digest: digests[0],
        hidden_mirror_id: mirrors[1].id,
        hidden_digest: digests[1],
      });
    },
  };
}

type Place = { layer: number; row: number };

/** By the best that both records say; undefined when that is the same, or they say nothing to compare. */
function differing(selections: readonly LayerSelection[], shown: Place, hidden: Place): [string, string] | undefined {
  const [one, other] = [selections[shown.layer]!.facts, selections[hidden.layer]!.facts];
  for (const [kind, read] of kinds) {
    const [left, right] = [read(one, shown.row), read(other, hidden.row)];
    if (left === undefined || right === undefined) continue;
    return left === right ? undefined : [`${kind}:${left}`, `${kind}:${right}`];
  }
  return undefined;
}

const kinds: readonly [string, (facts: Facts, row: number) => string | undefined][] = [
  ['sha256', (facts, row) => hexAt(facts.digests, 'sha256', row)],
  ['md5', (facts, row) => hexAt(facts.digests, 'md5', row)],
  ['size', ({ size }, row) => (Number.isNaN(size[row]!) ? undefined : String(size[row]))],
];
