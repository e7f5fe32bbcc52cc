import { FormatError } from '@sluice/formats/errors';
import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import { normaliseProjectName } from '@sluice/formats/pypi';
import { literalSpecName, type MirrorFilters } from '@sluice/policy';

const specLists = ['include_specs', 'exclude_specs', 'only_specs'] as const;

/**
 * The names of packages of one type that may be judged otherwise after filters changed: those that the specs name which came or
 * went. 'all' when more than specs of literal names changed.
 */
export function touchedByFilters(
  type: PackageType,
  before: MirrorFilters,
  after: MirrorFilters,
): ReadonlySet<string> | 'all' {
  if (otherRules(before) !== otherRules(after)) return 'all';
  const names = new Set<string>();
  for (const list of specLists) {
    for (const spec of difference(before[list] ?? [], after[list] ?? [])) {
      const name = literalName(type, spec);
      if (name === undefined) return 'all';
      names.add(name);
    }
  }
  return names;
}

/** What filters say beside their specs. Of these it counts whether there are any that limit: an empty list lets everything through. */
function otherRules(filters: MirrorFilters): string {
  const rules = Object.entries(filters)
    .filter(([key, value]) => !specLists.some((list) => list === key) && !(Array.isArray(value) && value.length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([(filters.only_specs?.length ?? 0) > 0, rules]);
}

/** What cannot be read as a spec of that type makes its rule fail: that touches all. */
function literalName(type: PackageType, spec: string): string | undefined {
  try {
    return literalSpecName(type, spec);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

/**
 * The names of a part that may be judged otherwise after other patterns were reserved: of conda and Python those that literal
 * patterns name. Undefined for any: of R, since letter case counts in its names and not in patterns.
 */
export function touchedByReserved(
  before: readonly string[],
  after: readonly string[],
): (part: string) => string[] | undefined {
  const patterns = difference(before, after);
  const isOpen = patterns.some((pattern) => pattern.includes('*'));
  return (part) => {
    const type = packageTypeOf(part);
    if (patterns.length > 0 && (isOpen || type === 'r')) return undefined;
    return type === 'python' ? patterns.map(normaliseProjectName) : patterns;
  };
}

/** What is in one list only. */
function difference(one: readonly string[], other: readonly string[]): string[] {
  const [left, right] = [new Set(one), new Set(other)];
  return [...left].filter((spec) => !right.has(spec)).concat([...right].filter((spec) => !left.has(spec)));
}
