/** How many builds of a package exist only as `.tar.bz2`, as both, only as `.conda`; the old format first. */
export interface FormatCounts {
  readonly old: number;
  readonly both: number;
  readonly new: number;
}

const oldShare = 0.35;
const twinShare = 0.07;

/**
 * Share out exactly `records` files over `weights.length` names: a few names have many builds and most have few, 35 % of
 * the files are `.tar.bz2`, and a fifth of these have a `.conda` twin.
 *
 * @param weights how many builds a name attracts; each gets at least one.
 * @throws when there are fewer builds than names.
 */
export function shareOut(records: number, weights: readonly number[]): FormatCounts[] {
  const both = Math.floor(records * twinShare);
  const old = Math.floor(records * oldShare) - both;
  const builds = records - both;
  if (builds < weights.length) throw new Error(`${records} records are too few for ${weights.length} names.`);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let weighed = 0;
  let built = 0;
  let inOld = 0;
  return weights.map((weight, i) => {
    weighed += weight;
    // Rounding running totals keeps every sum exact.
    const count = i + 1 + Math.round((weighed / total) * (builds - weights.length)) - built;
    const withOld = between(built, built + count, old + both, builds);
    const twins = between(inOld, inOld + withOld, both, old + both);
    built += count;
    inOld += withOld;
    return { old: withOld - twins, both: twins, new: count - withOld };
  });
}

/** How many of the items `from` … `to` of a whole belong to a part that is spread over it evenly. */
function between(from: number, to: number, part: number, whole: number): number {
  return Math.floor((to * part) / whole) - Math.floor((from * part) / whole);
}
