import { isRPackageName } from './package-name.ts';
import type { RBound, RComparison } from './requirement.ts';
import { parseNumericVersion } from './version.ts';

/** The fields of a DESCRIPTION that name other packages, in R's order. */
export const dependencyFields = ['Depends', 'Imports', 'LinkingTo', 'Suggests', 'Enhances'] as const;

/** One item of a dependency field. `R` itself is among them. */
export interface RDependency {
  readonly name: string;
  readonly bounds: readonly RBound[];
}

/**
 * The items of a dependency field, `R (>= 4.1), cli, rlang (>= 1.0.0)`. What R would not understand is left out: the field
 * is somebody else's, and one bad item must not hide the others.
 *
 * @see Writing R Extensions, "Package Dependencies"
 */
export function parseDependencies(field: string | undefined): RDependency[] {
  const items: RDependency[] = [];
  for (const item of field?.split(',') ?? []) {
    const match = /^\s*([A-Za-z0-9.]+)\s*(?:\(\s*(>=|<=|==|!=|<|>)\s*([\d.-]+)\s*\))?\s*$/.exec(item);
    const name = match?.[1] ?? '';
    if (name !== 'R' && !isRPackageName(name)) continue;
    const bounds = match?.[2] === undefined ? [] : readBounds(match[2] as RComparison, match[3]!);
    if (bounds !== undefined) items.push({ name, bounds });
  }
  return items;
}

function readBounds(comparison: RComparison, text: string): RBound[] | undefined {
  try {
    return [{ comparison, version: parseNumericVersion(text) }];
  } catch {
    return undefined;
  }
}
