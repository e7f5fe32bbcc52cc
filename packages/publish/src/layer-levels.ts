import type { PublicationsOf, RecordVersion } from '@sluice/catalog';
import { type Decision, evaluate, type Rule } from '@sluice/policy';
import type { PublishDeps } from './deps.ts';
import type { RuledLayer } from './layers.ts';
import { patchedVersion, versionFacts } from './listed-version.ts';
import { type SubdirPatches, subdirPatches } from './patches.ts';

/** A channel through which a layer's records are seen: what it makes of them, and what may hide them there. */
export interface Level {
  channelId: number;
  /** The layer as that channel has it, among all of its. */
  layer: RuledLayer;
  layers: readonly RuledLayer[];
  patches: SubdirPatches;
}

/**
 * The channels through which a layer is seen, the one it belongs to first; only that one when it is the channel's own.
 *
 * @param asked `at`: that publication of the uppermost channel.
 * @param above the uppermost channel, where this is another one.
 */
export async function levelsOf(
  db: PublishDeps['db'],
  asked: PublicationsOf & { layers: readonly RuledLayer[]; subdir: string },
  layer: RuledLayer,
  above?: PublicationsOf,
): Promise<Level[]> {
  const { channelId, layers, subdir } = asked;
  const { below } = layer;
  const lower = below ? await levelsOf(db, { ...below, subdir }, below.layer, above ?? asked) : [];
  return [...lower, { channelId, layer, layers, patches: await subdirPatches(db, asked, subdir, above) }];
}

/** What the rules of all these channels say of a version, each seeing it as its patches in force show it. */
export function judgeThrough(
  levels: readonly Level[],
  subdir: string,
  version: RecordVersion,
  twins: readonly RecordVersion[],
): { decision: Decision; level: Level } {
  let [seen, others] = [version, twins];
  for (const level of levels) {
    const { inForce } = level.patches;
    // One that patches remove is out of the index; who knows it from before still gets it.
    seen = patchedVersion(inForce, seen) ?? seen;
    others = others.flatMap((twin) => patchedVersion(inForce, twin) ?? []);
    const decision = judge(level.layer.rules, subdir, [seen, ...others]);
    if (decision.verdict !== 'allow') return { decision, level };
  }
  return { decision: { verdict: 'allow', reasons: [] }, level: levels.at(-1)! };
}

/** The versions as the uppermost channel shows them now; those that patches remove are left out. */
export function seenThrough(levels: readonly Level[], versions: readonly RecordVersion[]): RecordVersion[] {
  return levels.reduce<RecordVersion[]>(
    (seen, { patches }) => seen.flatMap((version) => patchedVersion(patches.inForce, version) ?? []),
    [...versions],
  );
}

/** What rules say of the first of these versions; the others are there for rules that compare. */
export function judge(rules: readonly Rule[], subdir: string, versions: readonly RecordVersion[]): Decision {
  return evaluate(rules, versionFacts(subdir, versions), 0);
}
