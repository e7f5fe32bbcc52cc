import type { PackageType } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import type { PublishedLayer } from './layers.ts';
import { partsOfType } from './parts-of-type.ts';
import { loadLayers, type SubdirScope } from './selection.ts';
import type { Touched } from './touched.ts';

/** The names that tiers above this one show, in whatever part of the type. */
export type NamesAbove = (tier: number) => ReadonlySet<string>;

const none: ReadonlySet<string> = new Set();

/** Nothing is hidden by its name. */
const nothingAbove: NamesAbove = () => none;

/** How a part is to be read: all of {@link SubdirScope} but what is touched. */
export type PartReading = Omit<SubdirScope, 'touched' | 'subdir'>;

/**
 * Which of the touched names of one type are shown by which tier, so that they hide what lower ones have of them: a name that
 * is shown in one part hides the name in all. The lowest tier hides nothing and is not read.
 *
 * @param touched 'all' or the names, of all parts together.
 * @param readingOf how to read a part.
 */
export async function namesAbove(
  deps: ReadingDeps,
  layers: readonly PublishedLayer[],
  type: PackageType,
  touched: Touched,
  readingOf: (part: string) => Promise<PartReading>,
): Promise<NamesAbove> {
  const lowest = Math.max(...layers.map(({ tier }) => tier));
  const higher = layers.filter(({ tier }) => tier < lowest);
  if (higher.length === 0) return nothingAbove;
  const shown = new Map<number, Set<string>>();
  for (const part of await partsOfType(deps, higher, type)) {
    const scope = { ...(await readingOf(part)), subdir: part, touched };
    for (const { layer, facts, verdicts } of await loadLayers(deps, higher, scope)) {
      const names = shown.get(layer.tier) ?? new Set();
      shown.set(layer.tier, names);
      for (let i = 0; i < facts.count; i++) if (verdicts[i] === 0) names.add(facts.names[facts.name[i]!]!);
    }
  }
  const known = new Map<number, ReadonlySet<string>>();
  return (tier) => {
    const above = known.get(tier) ?? new Set([...shown].flatMap(([of, names]) => (of < tier ? [...names] : [])));
    known.set(tier, above);
    return above;
  };
}
