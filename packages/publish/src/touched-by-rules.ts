import { literalName, parseMatchSpec } from '@sluice/formats/conda';
import type { ChannelFilters, MirrorFilters } from '@sluice/policy';

const specLists = ['include_specs', 'exclude_specs', 'only_specs'] as const;

/**
 * The package names that may be judged otherwise after filters changed: those that the specs name which came or went.
 * 'all' when more than specs of literal names changed.
 */
export function touchedByFilters(
  before: MirrorFilters | ChannelFilters,
  after: MirrorFilters | ChannelFilters,
): Set<string> | 'all' {
  const [old, now]: MirrorFilters[] = [before, after];
  const others = (filters: MirrorFilters) =>
    JSON.stringify([
      filters.include_licenses ?? [],
      filters.exclude_licenses ?? [],
      filters.subdirs ?? [],
      filters.date_from ?? null,
      filters.date_to ?? null,
      // A list that is empty lets everything through; one that is not, hardly anything.
      (filters.only_specs?.length ?? 0) > 0,
    ]);
  if (others(old!) !== others(now!)) return 'all';
  const names = new Set<string>();
  for (const list of specLists) {
    for (const spec of difference(old![list] ?? [], now![list] ?? [])) {
      const name = literalName(parseMatchSpec(spec));
      if (name === undefined) return 'all';
      names.add(name);
    }
  }
  return names;
}

/** What is in one list only. */
function difference(one: readonly string[], other: readonly string[]): string[] {
  const [left, right] = [new Set(one), new Set(other)];
  return [...left].filter((spec) => !right.has(spec)).concat([...right].filter((spec) => !left.has(spec)));
}
